// SPDX-License-Identifier: Apache-2.0
#include "item_tables.hpp"

#include "item_checks.hpp"
#include "item_keys.hpp"

#include <algorithm>

namespace millrace::services {
namespace {

constexpr std::size_t item_bytes_max = std::size_t{400} * 1024; // of DynamoDB
constexpr std::size_t page_bytes_max = std::size_t{1024} * 1024;

[[noreturn]] void refuse(std::string message) {
  throw validation_error(std::move(message));
}

json::object parsed(const std::string& document) {
  return parse_json(document, "item").value().get_object();
}

json::value description_of(const table_options& options) {
  json::object indexes;
  for (const auto& [name, index] : options.indexes)
    indexes[name] =
        json::object{{"partitionKey", index.partition_key}, {"sortKey", index.sort_key}};
  return json::object{{"partitionKey", options.partition_key},
                      {"sortKey", options.sort_key},
                      {"indexes", std::move(indexes)}};
}

json::value description_of(const std::vector<std::string>& learnt_key) {
  json::array names;
  for (const std::string& name : learnt_key)
    names.emplace_back(name);
  return json::object{{"key", std::move(names)}};
}

// The attributes of an index are texts or numbers where an item has them; which of both a table
// wants, nobody declares here.
void check_index_keys(const table_options& table, const json::object& item) {
  for (const auto& [name, index] : table.indexes)
    for (const std::string& key : {index.partition_key, index.sort_key})
      if (const json::value* value = key.empty() ? nullptr : item.if_contains(key);
          value && !sortable(*value))
        refuse("The update expression attempted to update the secondary index key to unsupported "
               "type");
}

// Where a page ends: at the limit, or with the item that fills it.
class page_end {
public:
  explicit page_end(const item_query& wanted) : wanted_(wanted) {}

  bool is_reached_with(const json::object& item) {
    bytes_ += size_of(item);
    return ++count_ >= wanted_.limit || (wanted_.is_one_page && bytes_ >= page_bytes_max);
  }

private:
  const item_query& wanted_;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
};

} // namespace

std::optional<json::object> table_session::get(const std::string& table, const json::object& key) {
  const layout known = layout_of(table);
  if (!known.is_declared && known.learnt_key.empty())
    return std::nullopt;
  check_key(known, key);
  const auto document = items_.read(table, key_of(known, key));
  return document ? std::optional<json::object>(parsed(*document)) : std::nullopt;
}

item_page table_session::query(const item_query& wanted) {
  const layout known = layout_of(wanted.table);
  std::vector<json::object> found =
      known.is_declared ? declared_items(wanted, known.options) : learnt_items(wanted, known);
  item_page page;
  page.scanned_count = found.size();
  for (json::object& item : found)
    if (!wanted.filter || holds(*wanted.filter, item))
      page.items.push_back(wanted.projection ? project(*wanted.projection, item) : std::move(item));
  return page;
}

std::vector<json::object> table_session::declared_items(const item_query& wanted,
                                                        const table_options& table) {
  index_options index{table.partition_key, table.sort_key};
  if (!wanted.index.empty()) {
    const auto found = table.indexes.find(wanted.index);
    if (found == table.indexes.end())
      refuse("The table does not have the specified index: " + wanted.index);
    index = found->second;
  }
  std::optional<std::string> partition;
  if (wanted.key) {
    const key_condition key = taken_apart(*wanted.key, index.partition_key);
    if (key.sort_attribute && *key.sort_attribute != index.sort_key)
      refuse("Query condition missed key schema element: " +
             (index.sort_key.empty() ? *key.sort_attribute : index.sort_key));
    if (wanted.filter)
      check_filter(*wanted.filter, index.sort_key.empty()
                                       ? std::vector{index.partition_key}
                                       : std::vector{index.partition_key, index.sort_key});
    partition = sortable(key.partition);
    if (!partition)
      refuse("One or more parameter values were invalid: Condition parameter type does not match "
             "schema type");
  }
  std::vector<json::object> found;
  page_end end(wanted);
  items_.visit(wanted.table, wanted.index, partition, wanted.is_ascending,
               [&](const std::string& document) {
                 json::object item = parsed(document);
                 if (wanted.key && !holds(*wanted.key, item))
                   return true;
                 found.push_back(std::move(item));
                 return !end.is_reached_with(found.back());
               });
  return found;
}

// All of the table is read, then put in order: nobody said how it lies.
std::vector<json::object> table_session::learnt_items(const item_query& wanted,
                                                      const layout& known) {
  std::vector<json::object> found;
  items_.visit(wanted.table, "", std::nullopt, wanted.is_ascending,
               [&](const std::string& document) {
                 json::object item = parsed(document);
                 if (!wanted.key || holds(*wanted.key, item))
                   found.push_back(std::move(item));
                 return true;
               });
  if (wanted.key) {
    const key_condition key = taken_apart(*wanted.key, "");
    std::string order = key.sort_attribute.value_or("");
    if (wanted.filter)
      check_filter(*wanted.filter, order.empty() ? std::vector{key.partition_attribute}
                                                 : std::vector{key.partition_attribute, order});
    for (const std::string& name : known.learnt_key)
      if (order.empty() && wanted.index.empty() && name != key.partition_attribute)
        order = name;
    std::stable_sort(found.begin(), found.end(), [&](const auto& left, const auto& right) {
      const auto a = key_text(left, order).value_or("");
      const auto b = key_text(right, order).value_or("");
      return wanted.is_ascending ? a < b : b < a;
    });
  }
  page_end end(wanted);
  const auto last = std::find_if(found.begin(), found.end(), [&](const json::object& item) {
    return end.is_reached_with(item);
  });
  found.erase(last == found.end() ? last : last + 1, found.end());
  return found;
}

json::object table_session::update(const item_update& wanted, const json::object& key) {
  layout known = layout_of(wanted.table);
  if (!known.is_declared && known.learnt_key.empty()) {
    for (const auto& member : key)
      known.learnt_key.emplace_back(member.key());
    std::sort(known.learnt_key.begin(), known.learnt_key.end());
    items_.describe(wanted.table, stringify(description_of(known.learnt_key)));
  }
  check_key(known, key);
  for (const update_action& action : wanted.actions)
    if (key.contains(std::get<std::string>(action.path.front())))
      throw validation_error("One or more parameter values were invalid: Cannot update attribute " +
                             std::get<std::string>(action.path.front()) +
                             ". This attribute is part of the key");
  const auto document = items_.read(wanted.table, key_of(known, key));
  json::object item = document ? parsed(*document) : json::object();
  if (wanted.only_if && !holds(*wanted.only_if, item))
    throw step_error("ConditionalCheckFailedException", "The conditional request failed");
  for (const auto& member : key)
    item[member.key()] = member.value();
  auto after = updated(wanted.actions, item);
  if (!after)
    throw after.error();
  if (known.is_declared)
    check_index_keys(known.options, *after);
  if (size_of(*after) > item_bytes_max)
    throw validation_error("Item size to update has exceeded the maximum allowed size");
  write(wanted.table, known, *after);
  return std::move(*after);
}

std::vector<std::string> table_session::key_attributes(const std::string& table) {
  const layout known = layout_of(table);
  if (!known.is_declared)
    return known.learnt_key;
  std::vector<std::string> names{known.options.partition_key};
  if (!known.options.sort_key.empty())
    names.push_back(known.options.sort_key);
  return names;
}

table_session::layout table_session::layout_of(const std::string& table) {
  layout known;
  const auto declared = options_.tables.find(table);
  known.is_declared = declared != options_.tables.end();
  const auto before = items_.description(table);
  if (!known.is_declared) {
    if (options_.only_these_tables)
      throw step_error("ResourceNotFoundException",
                       "Requested resource not found: there is no table " + table +
                           "; name it under items.tables in the configuration.");
    // A table that was declared once keeps its order; its indexes are as good as not declared.
    if (before) {
      const json::object described = parsed(*before);
      if (const json::value* names = described.if_contains("key"))
        for (const json::value& name : names->get_array())
          known.learnt_key.emplace_back(name.get_string());
      else
        throw step_error("ResourceNotFoundException",
                         "The table " + table +
                             " was made with keys of the configuration, which names it no longer; "
                             "put it back under items.tables.");
    }
    return known;
  }
  known.options = declared->second;
  const std::string description = stringify(description_of(known.options));
  if (before == description)
    return known;
  if (before)
    move_items(table, known);
  items_.describe(table, description);
  if (!before)
    for (const json::object& plain : known.options.items) {
      auto item = to_attributes(plain);
      if (!item)
        throw item.error();
      write(table, known, *item);
    }
  return known;
}

// The keys are others now, or the indexes.
void table_session::move_items(const std::string& table, const layout& to) {
  std::vector<json::object> all;
  items_.visit(table, "", std::nullopt, true, [&](const std::string& document) {
    all.push_back(parsed(document));
    return true;
  });
  items_.clear(table);
  for (const json::object& item : all)
    write(table, to, item);
}

void table_session::write(const std::string& table, const layout& known, const json::object& item) {
  std::vector<storage::item_place> places;
  for (const auto& [name, index] : known.options.indexes) {
    const auto partition = key_text(item, index.partition_key);
    const auto sort =
        index.sort_key.empty() ? std::optional<std::string>("") : key_text(item, index.sort_key);
    if (partition && sort)
      places.push_back({name, {*partition, *sort}});
  }
  items_.write(table, key_of(known, item), stringify(item), places);
}

storage::item_key table_session::key_of(const layout& known, const json::object& item) {
  const auto text = [&](const std::string& name) {
    auto made = key_text(item, name);
    if (!made)
      throw validation_error("One or more parameter values were invalid: Missing the key " + name +
                             " in the item, or it is neither a text nor a number");
    return *made;
  };
  if (known.is_declared)
    return {text(known.options.partition_key),
            known.options.sort_key.empty() ? std::string() : text(known.options.sort_key)};
  // Which of two attributes is the sort key is not known: both together are the place.
  json::array values;
  for (const std::string& name : known.learnt_key)
    values.emplace_back(text(name));
  return {stringify(values), ""};
}

void table_session::check_key(const layout& known, const json::object& key) {
  std::vector<std::string> names = known.learnt_key;
  if (known.is_declared) {
    names.push_back(known.options.partition_key);
    if (!known.options.sort_key.empty())
      names.push_back(known.options.sort_key);
  }
  const bool is_whole = key.size() == names.size() &&
                        std::all_of(names.begin(), names.end(), [&](const std::string& name) {
                          const json::value* value = key.if_contains(name);
                          return value && sortable(*value);
                        });
  if (!is_whole)
    throw validation_error("The provided key element does not match the schema");
}

step_result item_tables::run(std::string_view key, std::int64_t now,
                             const std::function<json::value(table_session&)>& work) {
  try {
    const auto opened = store_.get();
    if (!opened)
      return step_error::transient(opened.error().message());
    json::value outcome;
    const auto ran = (*opened)->run([&](storage::item_session& items) {
      if (const auto before = items.done_before(key)) {
        outcome = parse_json(*before, "outcome").value();
        return;
      }
      table_session session(options_, items);
      outcome = work(session);
      items.set_done(key, stringify(outcome), now);
    });
    if (!ran)
      return step_error::transient(ran.error().message());
    return outcome;
  } catch (const step_error& why) {
    return why;
  }
}

} // namespace millrace::services
