// SPDX-License-Identifier: Apache-2.0
//
// Objects as files: what comes back, what is listed, and that nothing leads out of a bucket.
#include "object_store.hpp"

#include "catch.hpp"
#include "object_names.hpp"
#include "scratch.hpp"

#include <fstream>

using namespace millrace;
using services::object_store;
namespace fs = std::filesystem;

namespace {

object_store in(const testing::scratch& place, object_options options = {}) {
  return object_store(std::move(options), place.path("objects"));
}

std::string bytes_of(object_store& store, const std::string& key) {
  const auto object = store.get("b", key);
  return object ? object->bytes : object.error().name;
}

std::string put(object_store& store, const std::string& key, const std::string& bytes) {
  const auto info = store.put("b", key, bytes, "text/plain", {});
  return info ? "ok" : info.error().name;
}

std::string keys_of(object_store& store, const std::string& prefix, std::size_t count = 1000) {
  std::string text;
  const auto found = store.list("b", prefix, count);
  REQUIRE(found.has_value());
  for (const services::object_info& each : *found)
    text += each.key + ' ';
  return text;
}

// Every file below the folder, whatever it is.
std::size_t count_files(const std::string& folder) {
  std::size_t count = 0;
  for (const auto& each : fs::recursive_directory_iterator(folder))
    count += each.is_regular_file() ? 1 : 0;
  return count;
}

} // namespace

TEST_CASE("an object comes back with what was said of it") {
  const testing::scratch place;
  object_store store = in(place);
  const auto put = store.put("b", "a/b c/d.txt", "hello", "text/plain", {{"by", "me"}});
  REQUIRE(put.has_value());
  CHECK(put->etag == "\"5d41402abc4b2a76b9719d911017c592\"");
  CHECK(put->last_modified > 0);
  object_store again = in(place);
  const auto got = again.get("b", "a/b c/d.txt");
  REQUIRE(got.has_value());
  CHECK(got->bytes == "hello");
  CHECK(got->info.etag == put->etag);
  CHECK(got->info.content_type == "text/plain");
  CHECK(got->info.metadata.at("by") == "me");
  std::ifstream file(place.path("objects/b/a/b c/d.txt"));
  CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == "hello");
}

TEST_CASE("no key leads out of its bucket, and each is found again under its name") {
  const testing::scratch place;
  object_store store = in(place);
  std::ofstream(place.path("outside")) << "secret";
  const std::vector<std::string> keys = {"../outside",
                                         "../../outside",
                                         "a/../../b2/x",
                                         "/etc/passwd",
                                         "x/..",
                                         ".",
                                         "a//b",
                                         "y/",
                                         "z//",
                                         ".meta/x",
                                         "%2E%2E",
                                         "a/./b",
                                         "line\nbreak",
                                         std::string("n\0l", 3),
                                         "%",
                                         "\x7f",
                                         "a\\..\\b"};
  for (const std::string& key : keys) {
    INFO(key);
    CHECK(bytes_of(store, key) == "NoSuchKey");
    CHECK(put(store, key, "of " + key) == "ok");
  }
  for (const std::string& key : keys) {
    INFO(key);
    CHECK(bytes_of(store, key) == "of " + key);
  }
  CHECK(store.list("b", "", 1000)->size() == keys.size());
  std::ifstream outside(place.path("outside"));
  CHECK(std::string(std::istreambuf_iterator<char>(outside), {}) == "secret");
  CHECK(fs::directory_iterator(place.path("")) != fs::directory_iterator());
  for (const auto& each : fs::directory_iterator(place.path("objects")))
    CHECK(each.path().filename() == "b");
}

TEST_CASE("a link is followed nowhere") {
  const testing::scratch place;
  object_store store = in(place);
  REQUIRE(put(store, "real/x", "inside") == "ok");
  fs::create_directory(place.path("elsewhere"));
  std::ofstream(place.path("elsewhere/x")) << "secret";
  fs::create_directory_symlink(place.path("elsewhere"), place.path("objects/b/folder"));
  fs::create_symlink(place.path("elsewhere/x"), place.path("objects/b/file"));
  CHECK(bytes_of(store, "folder/x") == "AccessDenied");
  CHECK(bytes_of(store, "file") == "AccessDenied");
  CHECK(put(store, "folder/y", "z") == "AccessDenied");
  CHECK_FALSE(fs::exists(place.path("elsewhere/y")));
  CHECK(keys_of(store, "") == "real/x ");
  // A link that stands where an object goes is replaced, not followed.
  CHECK(put(store, "file", "new") == "ok");
  CHECK(bytes_of(store, "file") == "new");
  std::ifstream kept(place.path("elsewhere/x"));
  CHECK(std::string(std::istreambuf_iterator<char>(kept), {}) == "secret");
}

TEST_CASE("names that buckets and keys cannot have are refused") {
  const testing::scratch place;
  object_store store = in(place);
  for (const char* bucket : {"", "..", ".", "a/b", ".hidden", "a b", "a\n"})
    CHECK(store.put(bucket, "k", "x", "t", {}).error().name == "InvalidBucketName");
  CHECK(put(store, "", "x") == "KeyTooLongError");
  CHECK(put(store, std::string(1025, 'a'), "x") == "KeyTooLongError");
  CHECK(put(store, std::string(251, 'a'), "x") == "KeyTooLongError");
  CHECK(put(store, std::string(250, 'a') + "/b", "x") == "ok");
}

TEST_CASE("a key cannot be the folder of another") {
  const testing::scratch place;
  object_store store = in(place);
  CHECK(put(store, "a", "x") == "ok");
  CHECK(put(store, "a/b", "y") == "AccessDenied");
  CHECK(put(store, "c/d", "x") == "ok");
  CHECK(put(store, "c", "y") == "AccessDenied");
  CHECK(bytes_of(store, "a") == "x");
  CHECK(bytes_of(store, "c/d") == "x");
}

TEST_CASE("nothing is seen of an upload that is not finished, and nothing is left of it") {
  const testing::scratch place;
  object_store store = in(place);
  REQUIRE(put(store, "a", "old") == "ok");
  const std::size_t before = count_files(place.path("objects"));
  {
    auto upload = store.begin("b", "a");
    REQUIRE(upload.has_value());
    CHECK(upload->write("new but never finished"));
    CHECK(bytes_of(store, "a") == "old");
  }
  CHECK(bytes_of(store, "a") == "old");
  CHECK(count_files(place.path("objects")) == before);
  auto upload = store.begin("b", "a");
  CHECK(upload->write("ne"));
  CHECK(upload->write("w"));
  CHECK(upload->finish("text/plain", {}).has_value());
  CHECK(bytes_of(store, "a") == "new");
}

TEST_CASE("keys are listed in the order of their bytes, by prefix, up to a number") {
  const testing::scratch place;
  object_store store = in(place);
  for (const char* key : {"b", "a/2", "a/10", "a-b", "B", "ab/c", "\u00e9"})
    REQUIRE(put(store, key, "x") == "ok");
  REQUIRE(put(store, "empty", "") == "ok");
  CHECK(keys_of(store, "") == "B a-b a/10 a/2 ab/c b \u00e9 ");
  CHECK(keys_of(store, "a") == "a-b a/10 a/2 ab/c ");
  CHECK(keys_of(store, "a/") == "a/10 a/2 ");
  CHECK(keys_of(store, "a/1") == "a/10 ");
  CHECK(keys_of(store, "", 2) == "B a-b ");
  CHECK(keys_of(store, "none").empty());
  CHECK(store.list("never", "", 10)->empty());
}

TEST_CASE("files that people put there are objects, and metadata of other bytes is not believed") {
  const testing::scratch place;
  object_store store = in(place);
  REQUIRE(put(store, "own", "12345") == "ok");
  std::ofstream(place.path("objects/b/own")) << "changed by hand";
  std::ofstream(place.path("objects/b/dropped.csv")) << "a,b";
  const auto own = store.get("b", "own");
  CHECK(own->info.content_type == "binary/octet-stream");
  CHECK(store.get("b", "dropped.csv")->info.content_type == "text/csv");
  CHECK(own->info.etag == "\"9508c0bed5d5927a47f6758c98b40b68\"");
  CHECK(keys_of(store, "") == "dropped.csv own ");
}

TEST_CASE("a bucket may lie elsewhere") {
  const testing::scratch place;
  object_options options;
  options.buckets["near"] = place.path("near folder");
  options.buckets["url"] = "file://" + place.path("url");
  object_store store = in(place, options);
  REQUIRE(store.put("near", "k", "x", "t", {}).has_value());
  REQUIRE(store.put("url", "k", "y", "t", {}).has_value());
  CHECK(fs::exists(place.path("near folder/k")));
  CHECK(fs::exists(place.path("url/k")));
}

TEST_CASE("an object that is too large is not read") {
  const testing::scratch place;
  object_options options;
  options.read_bytes_max = 10;
  object_store store = in(place, options);
  REQUIRE(put(store, "k", "12345678901") == "ok");
  CHECK(bytes_of(store, "k") == "EntityTooLarge");
}

TEST_CASE("without a folder objects lie in a temporary one that goes with the store") {
  std::size_t before = 0;
  const auto count = [] {
    std::size_t found = 0;
    for (const auto& each : fs::directory_iterator(fs::temp_directory_path()))
      found += each.path().filename().string().rfind("millrace-objects-", 0) == 0 ? 1 : 0;
    return found;
  };
  before = count();
  {
    object_store store({}, "");
    CHECK(count() == before);
    CHECK(put(store, "k", "x") == "ok");
    CHECK(bytes_of(store, "k") == "x");
  }
  CHECK(count() == before);
}
