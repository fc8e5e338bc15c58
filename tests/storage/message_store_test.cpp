// SPDX-License-Identifier: Apache-2.0
//
// Queues: order, visibility, groups, deduplication, keys, and what is left after a restart.
#include <millrace/message_store.hpp>

#include "catch.hpp"

#include <filesystem>
#include <fstream>

#include <unistd.h>

using namespace millrace;
using storage::message_store;
using storage::outgoing_message;
using storage::queue_rules;
using storage::queued_message;

namespace {

constexpr std::int64_t start = 1'700'000'000'000;

std::unique_ptr<message_store> in_memory() {
  auto opened = storage::open_message_store(":memory:");
  REQUIRE(opened.has_value());
  return std::move(*opened);
}

outgoing_message message(const std::string& queue, const std::string& body,
                         const std::string& group = {}, const std::string& deduplication = {}) {
  return {queue, body, group, deduplication, "id-" + body, {}};
}

std::string send(message_store& store, const outgoing_message& each, std::int64_t now = start,
                 const queue_rules& rules = {}) {
  return store.send(each, rules, now).value();
}

std::vector<queued_message> receive(message_store& store, const std::string& queue,
                                    std::int64_t now, std::int64_t count = 10) {
  return store.receive({queue, count, false, {}}, {}, now).value();
}

std::string bodies(const std::vector<queued_message>& all) {
  std::string text;
  for (const queued_message& each : all)
    text += each.body + ' ';
  return text;
}

class file_name {
public:
  file_name()
      : path_(std::filesystem::temp_directory_path() /
              ("millrace-messages-" + std::to_string(getpid()) + ".db")) {
    remove();
  }
  ~file_name() { remove(); }
  file_name(const file_name&) = delete;
  file_name& operator=(const file_name&) = delete;
  [[nodiscard]] std::string text() const { return path_.string(); }

private:
  void remove() const {
    for (const char* end : {"", "-wal", "-shm"})
      std::filesystem::remove(path_.string() + end);
  }
  std::filesystem::path path_;
};

} // namespace

TEST_CASE("messages come in the order of sending and are hidden while in flight") {
  const auto store = in_memory();
  for (const char* body : {"a", "b", "c"})
    send(*store, message("q", body));
  send(*store, message("other", "x"));
  const auto first = receive(*store, "q", start, 2);
  CHECK(bodies(first) == "a b ");
  CHECK(bodies(receive(*store, "q", start + 1)) == "c ");
  CHECK(receive(*store, "q", start + 29'999).empty());
  CHECK(bodies(receive(*store, "q", start + 30'000)) == "a b ");
  CHECK(bodies(receive(*store, "q", start + 30'001)) == "c ");
}

TEST_CASE("a receipt removes its message until that is received again") {
  const auto store = in_memory();
  send(*store, message("q", "a"));
  const auto first = receive(*store, "q", start).at(0);
  const auto again = receive(*store, "q", start + 30'000).at(0);
  CHECK(again.receive_count == 2);
  CHECK(again.first_received_at == start);
  CHECK_FALSE(store->remove("q", first.receipt).value());
  CHECK_FALSE(store->remove("other", again.receipt).value());
  CHECK_FALSE(store->remove("q", "nonsense").value());
  CHECK(store->remove("q", again.receipt).value());
  CHECK_FALSE(store->remove("q", again.receipt).value());
  CHECK(store->list("").value().empty());
}

TEST_CASE("a group of a FIFO queue is blocked while one of its messages is in flight") {
  const auto store = in_memory();
  for (const char* body : {"a1", "b1", "a2", "b2"})
    send(*store, message("q.fifo", body, std::string(body, 1), body));
  CHECK(bodies(receive(*store, "q.fifo", start, 1)) == "a1 ");
  const auto of_b = receive(*store, "q.fifo", start + 1);
  CHECK(bodies(of_b) == "b1 b2 ");
  CHECK(receive(*store, "q.fifo", start + 2).empty());
  CHECK(store->remove("q.fifo", of_b.at(0).receipt).value());
  CHECK(receive(*store, "q.fifo", start + 3).empty());
  CHECK(bodies(receive(*store, "q.fifo", start + 30'000)) == "a1 a2 ");
}

TEST_CASE("what is sent twice to a FIFO queue within five minutes is there once") {
  const auto store = in_memory();
  CHECK(send(*store, message("q.fifo", "a", "g", "d")) == "id-a");
  CHECK(send(*store, message("q.fifo", "b", "g", "d"), start + 299'999) == "id-a");
  CHECK(send(*store, message("p.fifo", "c", "g", "d"), start) == "id-c");
  CHECK(send(*store, message("q", "c", "", "d"), start) == "id-c");
  CHECK(send(*store, message("q", "e", "", "d"), start) == "id-e");
  CHECK(send(*store, message("q.fifo", "f", "g", "d"), start + 300'000) == "id-f");
}

TEST_CASE("the hash of a body deduplicates where the queue asks for it") {
  const auto store = in_memory();
  queue_rules by_content;
  by_content.content_based_deduplication = true;
  auto twin = message("q.fifo", "same", "g");
  CHECK(send(*store, twin, start, by_content) == "id-same");
  twin.id = "second";
  CHECK(send(*store, twin, start, by_content) == "id-same");
  CHECK(send(*store, twin, start) == "second");
}

TEST_CASE("what is sent again under its key is sent once, whatever became of it") {
  const auto store = in_memory();
  auto keyed = message("q", "a");
  keyed.key = "execution:step:1";
  CHECK(send(*store, keyed) == "id-a");
  CHECK(store->receive({"q", 1, true, {}}, {}, start).value().size() == 1);
  keyed.id = "another";
  CHECK(send(*store, keyed, start + 3'600'000) == "id-a");
  CHECK(store->list("q").value().empty());
  keyed.key = "execution:step:2";
  CHECK(send(*store, keyed) == "another");
}

TEST_CASE("what was received and removed under a key is received again under it") {
  const auto store = in_memory();
  send(*store, message("q", "a"));
  send(*store, message("q", "b"));
  const storage::receive_request wanted{"q", 1, true, "execution:step:1"};
  const auto first = store->receive(wanted, {}, start).value();
  const auto again = store->receive(wanted, {}, start + 1000).value();
  REQUIRE(again.size() == 1);
  CHECK(again[0].id == first.at(0).id);
  CHECK(again[0].body == "a");
  CHECK(again[0].receipt == first[0].receipt);
  CHECK(bodies(receive(*store, "q", start)) == "b ");
}

TEST_CASE("delayed messages come later, old ones not at all") {
  const auto store = in_memory();
  queue_rules rules;
  rules.delay_ms = 5000;
  rules.retention_ms = 60'000;
  send(*store, message("q", "a"), start, rules);
  CHECK(store->receive({"q", 1, false, {}}, rules, start + 4999).value().empty());
  auto counts = store->count("q", rules, start).value();
  CHECK(counts.delayed == 1);
  CHECK(counts.created_at == start);
  CHECK(store->receive({"q", 1, false, {}}, rules, start + 5000).value().size() == 1);
  counts = store->count("q", rules, start + 5001).value();
  CHECK(counts.in_flight == 1);
  CHECK(counts.visible == 0);
  CHECK(store->count("q", rules, start + 35'000).value().visible == 1);
  CHECK(store->count("q", rules, start + 60'000).value().visible == 0);
  CHECK(store->count("never", rules, start).value().created_at == 0);
}

TEST_CASE("several messages are sent all at once") {
  const auto store = in_memory();
  const auto ids = store->send_all({message("p", "a"), message("q", "a")},
                                   {queue_rules(), queue_rules()}, start);
  CHECK(ids.value().size() == 2);
  CHECK(store->list("").value().size() == 2);
  CHECK(store->list("p").value().size() == 1);
}

TEST_CASE("queues outlive the process that filled them") {
  const file_name file;
  {
    auto store = storage::open_message_store(file.text()).value();
    send(*store, message("q", "a"));
    CHECK(receive(*store, "q", start).size() == 1);
    send(*store, message("q", "b"));
  }
  auto store = storage::open_message_store(file.text()).value();
  CHECK(bodies(receive(*store, "q", start + 1)) == "b ");
  CHECK(bodies(receive(*store, "q", start + 30'000)) == "a ");
}

TEST_CASE("a file that holds something else is refused") {
  const file_name file;
  std::ofstream(file.text()) << "this is no database, however long it may be";
  const auto opened = storage::open_message_store(file.text());
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().code() == errc::database_unusable);
  CHECK(opened.error().message().find(file.text()) != std::string::npos);
  CHECK(storage::open_message_store("/nowhere/at/all.db").error().code() ==
        errc::database_unusable);
}
