// SPDX-License-Identifier: Apache-2.0
#include "options_reader.hpp"

#include <array>

namespace millrace::services {
namespace {

constexpr std::array<std::string_view, 2> item_members{"onlyTheseTables", "tables"};
constexpr std::array<std::string_view, 4> table_members{"indexes", "items", "partitionKey",
                                                        "sortKey"};
constexpr std::array<std::string_view, 2> index_members{"partitionKey", "sortKey"};

index_options read_keys(member_reader& reader) {
  index_options made;
  made.partition_key =
      reader.required_text("partitionKey", "the name of an attribute").value_or("");
  made.sort_key = reader.text("sortKey").value_or("");
  if (!made.sort_key.empty() && made.sort_key == made.partition_key)
    reader.refuse("sortKey", "another attribute than the partition key");
  return made;
}

void check_item(const json::object& item, const table_options& table, const std::string& place,
                member_reader& reader) {
  for (const std::string& name : {table.partition_key, table.sort_key}) {
    if (name.empty())
      continue;
    const json::value* value = item.if_contains(name);
    if (!value || !(value->is_string() || value->is_number()))
      reader.add(place,
                 "an item of this table has " + in_quotes(name) + ", which is a text or a number");
  }
}

table_options read_table(member_reader reader) {
  table_options made;
  index_options keys = read_keys(reader);
  made.partition_key = std::move(keys.partition_key);
  made.sort_key = std::move(keys.sort_key);
  read_each(
      reader, "indexes", index_members, [](member_reader inner) { return read_keys(inner); },
      made.indexes);
  const json::array* items = reader.array("items");
  for (std::size_t i = 0; items && i < items->size(); ++i) {
    const std::string place = child_of(reader.pointer("items"), i);
    if (const json::object* item = (*items)[i].if_object()) {
      check_item(*item, made, place, reader);
      made.items.push_back(*item);
    } else {
      reader.add(place, "this must be an object" + but_is((*items)[i]));
    }
  }
  return made;
}

} // namespace

item_options read_items(const json::object& section, const std::string& pointer,
                        pointed_problems& problems) {
  member_reader reader(section, pointer, item_members, problems);
  item_options options;
  options.only_these_tables = reader.boolean("onlyTheseTables").value_or(false);
  read_each(reader, "tables", table_members, read_table, options.tables);
  return options;
}

} // namespace millrace::services
