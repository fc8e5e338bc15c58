// SPDX-License-Identifier: Apache-2.0
#include <millrace/message_store.hpp>

#include "service_database.hpp"

#include <array>
#include <optional>

#include <openssl/evp.h>
#include <sqlite3.h>

namespace millrace::storage {
namespace {

constexpr std::string_view fifo_suffix = ".fifo";
constexpr std::int64_t deduplication_ms = 5LL * 60'000; // SQS: five minutes
constexpr int message_application_id = 0x6d6c716d;      // "mlqm"

constexpr const char* message_schema = R"sql(
CREATE TABLE IF NOT EXISTS queue (
  name       TEXT PRIMARY KEY,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS message (
  sequence          INTEGER PRIMARY KEY AUTOINCREMENT,
  queue             TEXT    NOT NULL,
  id                TEXT    NOT NULL,
  body              TEXT    NOT NULL,
  message_group     TEXT,
  deduplication_id  TEXT,
  sent_at           INTEGER NOT NULL,
  visible_at        INTEGER NOT NULL,
  receive_count     INTEGER NOT NULL DEFAULT 0,
  first_received_at INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS message_of_queue ON message (queue, sequence);
CREATE INDEX IF NOT EXISTS message_of_group ON message (queue, message_group)
  WHERE message_group IS NOT NULL;
CREATE TABLE IF NOT EXISTS deduplication (
  queue      TEXT    NOT NULL,
  id         TEXT    NOT NULL,
  message_id TEXT    NOT NULL,
  until      INTEGER NOT NULL,
  PRIMARY KEY (queue, id)
) WITHOUT ROWID;
-- What was done under a key: the message that was sent, or the messages that were received.
CREATE TABLE IF NOT EXISTS sent (
  key        TEXT PRIMARY KEY,
  message_id TEXT    NOT NULL,
  at         INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS received (
  key               TEXT    NOT NULL,
  place             INTEGER NOT NULL,
  at                INTEGER NOT NULL,
  sequence          INTEGER NOT NULL,
  id                TEXT    NOT NULL,
  body              TEXT    NOT NULL,
  message_group     TEXT,
  deduplication_id  TEXT,
  sent_at           INTEGER NOT NULL,
  first_received_at INTEGER NOT NULL,
  receive_count     INTEGER NOT NULL,
  PRIMARY KEY (key, place)
) WITHOUT ROWID;
)sql";

std::string sha256(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex += digits[digest[i] >> 4U];
    hex += digits[digest[i] & 0xFU];
  }
  return hex;
}

std::string receipt_of(const queued_message& message) {
  return message.id + ':' + std::to_string(message.receive_count);
}

class sqlite_message_store final : public message_store {
public:
  explicit sqlite_message_store(const std::string& file)
      : database_(file, message_application_id, message_schema) {}

  result<std::string> send(const outgoing_message& message, const queue_rules& rules,
                           std::int64_t now) override {
    auto all = send_all({message}, {rules}, now);
    if (!all)
      return all.error();
    return std::move(all->front());
  }

  result<std::vector<std::string>> send_all(const std::vector<outgoing_message>& messages,
                                            const std::vector<queue_rules>& rules,
                                            std::int64_t now) override {
    return database_.guarded([&](connection& db) {
      std::vector<std::string> ids;
      for (std::size_t i = 0; i < messages.size(); ++i)
        ids.push_back(send_one(db, messages[i], rules[i], now));
      return ids;
    });
  }

  result<std::vector<queued_message>> receive(const receive_request& request,
                                              const queue_rules& rules, std::int64_t now) override {
    return database_.guarded([&](connection& db) {
      if (auto before = received_before(db, request))
        return std::move(*before);
      drop_old(db, request.queue, rules, now);
      std::vector<queued_message> found = visible(db, request, now);
      for (queued_message& each : found) {
        ++each.receive_count;
        if (each.first_received_at == 0)
          each.first_received_at = now;
        each.receipt = receipt_of(each);
        hide_or_remove(db, each, request.removes, now + rules.visibility_ms);
      }
      remember(db, request, found, now);
      return found;
    });
  }

  result<bool> remove(std::string_view queue, std::string_view receipt) override {
    return database_.guarded([&](connection& db) {
      const std::size_t colon = receipt.rfind(':');
      if (colon == std::string_view::npos)
        return false;
      return db.use("DELETE FROM message WHERE queue = ?1 AND id = ?2 AND receive_count = "
                    "CAST(?3 AS INTEGER)")
                 ->bind(queue, receipt.substr(0, colon), receipt.substr(colon + 1))
                 .run() > 0;
    });
  }

  result<queue_counts> count(std::string_view queue, const queue_rules& rules,
                             std::int64_t now) override {
    return database_.guarded([&](connection& db) {
      drop_old(db, queue, rules, now);
      queue_counts counts;
      auto created = db.use("SELECT created_at FROM queue WHERE name = ?1");
      created->bind(queue);
      if (created->step())
        counts.created_at = created->number(0);
      auto totals = db.use(
          "SELECT count(*) FILTER (WHERE visible_at <= ?2), count(*) FILTER (WHERE visible_at > "
          "?2 AND receive_count > 0), count(*) FILTER (WHERE visible_at > ?2 AND receive_count = "
          "0) FROM message WHERE queue = ?1");
      totals->bind(queue, now);
      totals->step();
      counts.visible = totals->number(0);
      counts.in_flight = totals->number(1);
      counts.delayed = totals->number(2);
      return counts;
    });
  }

  result<std::vector<queued_message>> list(std::string_view queue) override {
    return database_.guarded([&](connection& db) {
      auto rows = db.use("SELECT sequence, queue, id, body, message_group, deduplication_id, "
                         "sent_at, first_received_at, receive_count FROM message WHERE ?1 = '' OR "
                         "queue = ?1 ORDER BY sequence");
      rows->bind(queue);
      std::vector<queued_message> all;
      while (rows->step())
        all.push_back(read(*rows));
      return all;
    });
  }

private:
  static queued_message read(const statement& row) {
    queued_message message;
    int column = 0;
    message.sequence = row.number(column++);
    message.queue = row.text(column++);
    message.id = row.text(column++);
    message.body = row.text(column++);
    message.group = row.text(column++);
    message.deduplication_id = row.text(column++);
    message.sent_at = row.number(column++);
    message.first_received_at = row.number(column++);
    message.receive_count = row.number(column++);
    return message;
  }

  static std::string send_one(connection& db, const outgoing_message& message,
                              const queue_rules& rules, std::int64_t now) {
    if (auto known = sent_before(db, message.key))
      return std::move(*known);
    db.use("INSERT OR IGNORE INTO queue (name, created_at) VALUES (?1, ?2)")
        ->bind(message.queue, now)
        .run();
    std::string deduplication_id = message.deduplication_id;
    if (is_fifo(message.queue)) {
      if (deduplication_id.empty() && rules.content_based_deduplication)
        deduplication_id = sha256(message.body);
      if (auto twin = sent_within(db, message.queue, deduplication_id, now)) {
        note_sent(db, message.key, *twin, now);
        return std::move(*twin);
      }
    }
    db.use("INSERT INTO message (queue, id, body, message_group, deduplication_id, sent_at, "
           "visible_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
        ->bind(message.queue, message.id, message.body, text_or_null{message.group},
               text_or_null{deduplication_id}, now, now + rules.delay_ms)
        .run();
    if (!deduplication_id.empty())
      db.use("INSERT OR REPLACE INTO deduplication (queue, id, message_id, until) VALUES (?1, ?2, "
             "?3, ?4)")
          ->bind(message.queue, deduplication_id, message.id, now + deduplication_ms)
          .run();
    note_sent(db, message.key, message.id, now);
    return message.id;
  }

  static std::optional<std::string> sent_before(connection& db, const std::string& key) {
    if (key.empty())
      return std::nullopt;
    auto row = db.use("SELECT message_id FROM sent WHERE key = ?1");
    row->bind(key);
    return row->step() ? std::optional<std::string>(row->text(0)) : std::nullopt;
  }

  static void note_sent(connection& db, const std::string& key, const std::string& id,
                        std::int64_t now) {
    db.use("DELETE FROM sent WHERE at < ?1")->bind(now - outcome_kept_ms).run();
    if (!key.empty())
      db.use("INSERT INTO sent (key, message_id, at) VALUES (?1, ?2, ?3)")
          ->bind(key, id, now)
          .run();
  }

  static std::optional<std::string> sent_within(connection& db, const std::string& queue,
                                                const std::string& id, std::int64_t now) {
    db.use("DELETE FROM deduplication WHERE until <= ?1")->bind(now).run();
    if (id.empty())
      return std::nullopt;
    auto row = db.use("SELECT message_id FROM deduplication WHERE queue = ?1 AND id = ?2");
    row->bind(queue, id);
    return row->step() ? std::optional<std::string>(row->text(0)) : std::nullopt;
  }

  static void drop_old(connection& db, std::string_view queue, const queue_rules& rules,
                       std::int64_t now) {
    db.use("DELETE FROM message WHERE queue = ?1 AND sent_at <= ?2")
        ->bind(queue, now - rules.retention_ms)
        .run();
  }

  // A group with a message in flight is blocked as a whole; else its messages come in order.
  static std::vector<queued_message> visible(connection& db, const receive_request& request,
                                             std::int64_t now) {
    auto rows = db.use(
        "SELECT sequence, queue, id, body, message_group, deduplication_id, sent_at, "
        "first_received_at, receive_count FROM message AS m WHERE queue = ?1 AND visible_at <= ?2 "
        "AND NOT (?4 AND message_group IS NOT NULL AND EXISTS (SELECT 1 FROM message AS other "
        "WHERE other.queue = m.queue AND other.message_group = m.message_group AND "
        "other.visible_at > ?2)) ORDER BY sequence LIMIT ?3");
    rows->bind(request.queue, now, request.count_max,
               static_cast<std::int64_t>(is_fifo(request.queue)));
    std::vector<queued_message> found;
    while (rows->step())
      found.push_back(read(*rows));
    return found;
  }

  static void hide_or_remove(connection& db, const queued_message& message, bool removes,
                             std::int64_t visible_at) {
    if (removes) {
      db.use("DELETE FROM message WHERE sequence = ?1")->bind(message.sequence).run();
      return;
    }
    db.use("UPDATE message SET visible_at = ?2, receive_count = ?3, first_received_at = ?4 WHERE "
           "sequence = ?1")
        ->bind(message.sequence, visible_at, message.receive_count, message.first_received_at)
        .run();
  }

  // Only what is gone from its queue need be remembered: the rest comes again by itself.
  static void remember(connection& db, const receive_request& request,
                       const std::vector<queued_message>& found, std::int64_t now) {
    db.use("DELETE FROM received WHERE at < ?1")->bind(now - outcome_kept_ms).run();
    if (request.key.empty() || !request.removes)
      return;
    std::int64_t place = 0;
    for (const queued_message& each : found)
      db.use("INSERT INTO received VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")
          ->bind(request.key, place++, now, each.sequence, each.id, each.body,
                 text_or_null{each.group}, text_or_null{each.deduplication_id}, each.sent_at,
                 each.first_received_at, each.receive_count)
          .run();
  }

  static std::optional<std::vector<queued_message>>
  received_before(connection& db, const receive_request& request) {
    if (request.key.empty())
      return std::nullopt;
    auto rows = db.use("SELECT sequence, ?2, id, body, message_group, deduplication_id, sent_at, "
                       "first_received_at, receive_count FROM received WHERE key = ?1 ORDER BY "
                       "place");
    rows->bind(request.key, request.queue);
    std::vector<queued_message> found;
    while (rows->step()) {
      found.push_back(read(*rows));
      found.back().receipt = receipt_of(found.back());
    }
    if (found.empty())
      return std::nullopt;
    return found;
  }

  service_database database_;
};

} // namespace

bool is_fifo(std::string_view queue) noexcept {
  return queue.size() >= fifo_suffix.size() &&
         queue.substr(queue.size() - fifo_suffix.size()) == fifo_suffix;
}

result<std::unique_ptr<message_store>> open_message_store(const std::string& file) {
  try {
    return std::unique_ptr<message_store>(std::make_unique<sqlite_message_store>(file));
  } catch (const sqlite_failure& failure) {
    return error{errc::database_unusable,
                 "The database of messages " + file + " cannot be used: " + failure.what() + "."};
  }
}

} // namespace millrace::storage
