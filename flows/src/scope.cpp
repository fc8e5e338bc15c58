// SPDX-License-Identifier: Apache-2.0
#include <millrace/scope.hpp>

#include <utility>

namespace millrace::flows {

scope::scope(const json::value& root) : root_(&root) {
  if (root.is_object())
    layers_.push_back({&root.get_object(), nullptr});
}

scope& scope::push(const json::object& layer_object) {
  layers_.push_back({&layer_object, nullptr});
  merged_.reset();
  root_ = nullptr;
  return *this;
}

scope& scope::push_lazy(std::string name, std::function<json::value()> make) {
  auto lazy =
      std::make_unique<lazy_member>(lazy_member{std::move(name), std::move(make), std::nullopt});
  layers_.push_back({nullptr, std::move(lazy)});
  merged_.reset();
  root_ = nullptr;
  return *this;
}

scope& scope::read_with(pointed_objects* objects) noexcept {
  objects_ = objects;
  return *this;
}

const json::value& scope::value_of(lazy_member& member) {
  if (!member.made)
    member.made = member.make();
  return *member.made;
}

const json::value* scope::find(std::string_view key) const {
  for (auto top = layers_.rbegin(); top != layers_.rend(); ++top) {
    if (top->lazy) {
      if (top->lazy->name == key)
        return &value_of(*top->lazy);
    } else if (const json::value* const found = top->object->if_contains(key)) {
      return found;
    }
  }
  return nullptr;
}

const json::value& scope::whole() const {
  if (root_)
    return *root_;
  if (merged_)
    return *merged_;
  auto merged = std::make_unique<json::value>(json::object_kind);
  json::object& members = merged->get_object();
  for (const layer& each : layers_) {
    if (each.lazy) {
      members.insert_or_assign(each.lazy->name, value_of(*each.lazy));
      continue;
    }
    for (const json::key_value_pair& member : *each.object)
      members.insert_or_assign(member.key(), member.value());
  }
  merged_ = std::move(merged);
  return *merged_;
}

} // namespace millrace::flows
