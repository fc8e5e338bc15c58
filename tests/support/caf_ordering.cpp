// SPDX-License-Identifier: Apache-2.0
//
// Tells the thread sanitizer what orders the threads inside CAF. A distribution's CAF library is
// not instrumented, so the sanitizer sees neither the atomics of its mailboxes nor those of its
// reference counts, and would call every message a race. Suppressions by CAF's names would hide
// every race between two actors along with that, because each of them runs below
// caf::scheduled_actor::resume.
//
// The functions here stand before the library's of the same name (the dynamic linker binds the
// library's own calls to them as well), say what happens before what and pass the call on:
//   - who sends to an actor comes before whatever that actor handles afterwards;
//   - what an actor handles comes before what it handles next, on whichever worker;
//   - who lets go of an actor or of a message comes before whoever destroys it.
// Linked into the tests when they are built with the thread sanitizer, and only there.
#include <caf/all.hpp>
#include <caf/config.hpp>

#if !defined(CAF_MAJOR_VERSION) || CAF_MAJOR_VERSION < 1

#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <utility>

namespace {

// The library's function of this mangled name. A member function takes its object as if it were the
// first parameter (Itanium C++ ABI).
template <class Function>
Function* in_library(const char* name) {
  void* const found = dlsym(RTLD_NEXT, name);
  if (found == nullptr) {
    std::cerr << "CAF has no " << name << "; tests/support/caf_ordering.cpp needs its new name\n";
    std::abort();
  }
  return reinterpret_cast<Function*>(found);
}

} // namespace

namespace caf {

// The parameters have the names that they have in CAF's headers.

void scheduled_actor::enqueue(mailbox_element_ptr ptr, execution_unit* eu) {
  static auto* const original =
      in_library<void(scheduled_actor*, mailbox_element_ptr, execution_unit*)>(
          "_ZN3caf15scheduled_actor7enqueueESt10unique_ptrINS_15mailbox_elementENS_6detail8disposer"
          "EEPNS_14execution_unitE");
  __tsan_release(this);
  original(this, std::move(ptr), eu);
}

bool scheduled_actor::activate(execution_unit* ctx) {
  static auto* const original = in_library<bool(scheduled_actor*, execution_unit*)>(
      "_ZN3caf15scheduled_actor8activateEPNS_14execution_unitE");
  __tsan_acquire(this);
  const bool is_alive = original(this, ctx);
  __tsan_release(this);
  return is_alive;
}

scheduled_actor::activation_result scheduled_actor::reactivate(mailbox_element& x) {
  static auto* const original = in_library<activation_result(scheduled_actor*, mailbox_element&)>(
      "_ZN3caf15scheduled_actor10reactivateERNS_15mailbox_elementE");
  __tsan_acquire(this);
  const activation_result outcome = original(this, x);
  __tsan_release(this);
  return outcome;
}

// The last of those who let go destroys, and only the count itself says who that is: these count as
// CAF 0.17 does, where the sanitizer sees it.
void intrusive_ptr_release(actor_control_block* x) {
  if (x->strong_refs.fetch_sub(1, std::memory_order_acq_rel) != 1)
    return;
  x->data_dtor(x->get());
  intrusive_ptr_release_weak(x); // all strong references together hold a weak one
}

void intrusive_ptr_release_weak(actor_control_block* x) {
  if (x->weak_refs.fetch_sub(1, std::memory_order_acq_rel) == 1)
    x->block_dtor(x);
}

void ref_counted::deref() const noexcept {
  if (rc_.fetch_sub(1, std::memory_order_acq_rel) == 1)
    request_deletion(true);
}

} // namespace caf

#endif
