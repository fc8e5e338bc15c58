// SPDX-License-Identifier: Apache-2.0
#include "explore_run.hpp"

#include <millrace/start_points.hpp>

#include <algorithm>

namespace millrace::simulation {
namespace {

using std::chrono::milliseconds;
using step_key = std::pair<std::string, std::string>;
using event_type = lifecycle_event::type;

constexpr int waits_max = 40; // events and time-outs of one run
constexpr milliseconds repeated_event_delay{1'000};
constexpr std::string_view limit_words = "Infinite loop prevented";

std::string name_of(const step_key& key) {
  return key.first + '/' + key.second;
}

/// What a step answers in one attempt, as a test file has it.
struct planned_answer {
  std::optional<step_error> failure;
  json::value output;

  [[nodiscard]] json::object to_json() const {
    if (!failure)
      return {{"return", output}};
    return {{"fail", json::object{{"name", failure->name}, {"message", failure->message}}}};
  }
  [[nodiscard]] step_result result() const {
    return failure ? step_result(*failure) : step_result(output);
  }
};

json::value made_of(choices& from, const std::vector<wanted_values>& wanted,
                    const std::string& asked, json::value root) {
  std::vector<value_path> blocked; // what is chosen to be false has nothing in it
  for (const wanted_values& each : wanted) {
    if (std::any_of(blocked.begin(), blocked.end(),
                    [&](const value_path& prefix) { return rest_behind(prefix, each.at); }))
      continue;
    const std::string place = describe(each.at) + (each.is_length ? ".length" : "");
    json::value value =
        each.values.empty() ? json::value("some " + describe(each.at)) : each.values.front();
    if (each.values.size() > 1) {
      std::vector<std::string> said;
      for (const json::value& one : each.values)
        said.push_back(
            std::string(asked).append(": ").append(place).append(" is ").append(stringify(one)));
      value = each.values[from.choose(std::string(asked).append(" ").append(place), said)];
    }
    if (each.is_length) {
      const auto length = value.is_int64() ? value.get_int64() : std::int64_t{1};
      put_array(root, each.at, static_cast<std::size_t>(std::clamp<std::int64_t>(length, 0, 64)));
    } else if (each.at.empty() && root.is_object() && value.is_bool() && value.get_bool()) {
      continue; // an object holds already
    } else {
      put(root, each.at, value);
      if (value.is_null() || value == json::value(false))
        blocked.push_back(each.at);
    }
  }
  return root;
}

/// The world of one run.
class player {
public:
  player(const exploration_model& model, const std::vector<flow_document>& documents,
         const exploration_options& options, const std::string& flow,
         std::vector<std::size_t> given, flows::coverage* counts)
      : model_(model), documents_(documents), options_(options), flow_(flow),
        from_(std::move(given)), counts_(counts) {}

  result<run_result> run(bool with_test) {
    if (auto played = play(chosen_mocks()); !played)
      return played.error();
    run_result made = std::move(seen_);
    made.points = from_.points();
    if (with_test && !made.endless && !has_budget_stop(made)) {
      json::object test = make_test();
      if (auto same = replays(test, made.signature); !same)
        return same.error();
      else if (*same)
        made.test = std::move(test);
    }
    return made;
  }

private:
  static bool has_budget_stop(const run_result& made) {
    return std::any_of(made.stopped.begin(), made.stopped.end(),
                       [](const failed_step& each) { return each.by_budget; });
  }

  // ---- mocks ------------------------------------------------------------------------------------

  std::vector<mock> chosen_mocks() {
    std::vector<mock> mocks;
    for (const data_origin& each : model_.mocked())
      mocks.push_back({each.first, each.second, {}, {}, {calls([this](const step_request& request) {
                         return answer(request);
                       })}});
    // What the step does anyway, but counted: mocks are external, and so end a piece of work.
    for (const data_origin& each : model_.unlimited()) {
      const flows::step& step = *model_.find(each.first, each.second);
      const registered_handler* handler = options_.steps.find(step.type, step.module_identifier);
      mocks.push_back({each.first, each.second, {}, {}, {calls(handler->run)}});
    }
    return mocks;
  }

  // Every execution of a flow gets the same answer in the same visit of a step: so a test, whose
  // mocks know executions by the order of their attempts alone, can give them again.
  step_result answer(const step_request& request) {
    const step_key key{std::string(request.flow_definition_id),
                       std::string(request.step_instance_id)};
    const std::string execution(request.flow_execution_id);
    auto& visits = visits_[{key, execution}];
    const auto visit = visits.emplace(std::string(request.idempotency_key), visits.size() + 1);
    const planned_answer& planned = plan(key, visit.first->second);
    attempts_[key][execution].push_back(planned.to_json());
    return planned.result();
  }

  const planned_answer& plan(const step_key& key, std::size_t visit) {
    const std::string asked =
        name_of(key) + (visit > 1 ? " (visit " + std::to_string(visit) + ")" : std::string());
    const auto [known, is_new] = plans_.try_emplace(asked);
    if (!is_new)
      return known->second;
    std::vector<std::string> said{asked + " succeeds"};
    std::vector<std::string> names{"PermanentStepError", "TransientStepError"};
    const flows::step* step = model_.find(key.first, key.second);
    if (step && step->on_error.retry_on_content_error)
      names.emplace_back("ContentBasedRetryableError");
    for (const std::string& name : names)
      said.push_back(std::string(asked).append(" fails with ").append(name));
    const std::size_t chosen = from_.choose(asked, said);
    if (chosen > 0)
      known->second.failure = step_error(names[chosen - 1], "explored failure");
    else
      known->second.output = made_of(from_, model_.wanted(key), asked, json::object());
    return known->second;
  }

  // ---- playing ----------------------------------------------------------------------------------

  result<world> open(std::vector<mock> mocks) {
    seen_ = {};
    waits_.clear();
    world_options how;
    how.seed = options_.seed;
    how.steps = options_.steps;
    how.mocks = std::move(mocks);
    how.work_max = options_.work_max;
    how.budgets = {options_.executions_max, options_.executions_max, options_.executions_max};
    how.observer = [this](const lifecycle_event& event) { hear(event); };
    auto opened = world::open(std::move(how));
    if (!opened)
      return opened.error();
    if (auto defined = opened->define(documents_); !defined)
      return defined.error();
    return opened;
  }

  result<void> play(std::vector<mock> mocks) {
    auto stage = open(std::move(mocks));
    if (!stage)
      return stage.error();
    start_.flow_definition_id = flow_;
    start_.flow_version = std::to_string(model_.flows().at(flow_)->version);
    start_.initial_context_data =
        made_of(from_, model_.wanted({flow_, {}}), "start", json::object()).as_object();
    choose_entry();
    auto root = stage->start(start_);
    if (!root)
      return root.error();
    if (auto done = went_on(stage->run()); !done)
      return done;
    for (int i = 0; !seen_.endless; ++i) {
      const auto outcome = stage->outcome();
      if (!outcome)
        return outcome.error();
      const execution_record* waiting = waiting_one(*outcome);
      if (!waiting || i == waits_max) {
        if (waiting)
          cut();
        return finish(*outcome, *root);
      }
      if (auto done = went_on(end_wait(*stage, *waiting, outcome->elapsed)); !done)
        return done;
    }
    const auto outcome = stage->outcome();
    return outcome ? finish(*outcome, *root) : result<void>(outcome.error());
  }

  // What starts a flow by itself lets it begin elsewhere than at its start.
  void choose_entry() {
    const flows::flow_definition& flow = *model_.flows().at(flow_);
    std::vector<std::string> entries{flow.start_step_instance_id};
    for (const auto& [id, each] : flow.steps)
      if (flows::is_start_point(each.type) && id != entries.front())
        entries.push_back(id);
    std::vector<std::string> said;
    said.reserve(entries.size());
    for (const std::string& each : entries)
      said.push_back(flow_ + " begins at " + each);
    const std::size_t chosen = entries.size() == 1 ? 0 : from_.choose("entry", said);
    start_.execution_overrides.reset();
    if (chosen != 0)
      start_.execution_overrides = json::object{{"startStepInstanceId", entries[chosen]}};
  }

  // That a run does not come to an end is something to tell, not an error.
  result<void> went_on(result<void> ran) {
    if (!ran && ran.error().code() != errc::limit_exceeded)
      return ran;
    if (!ran)
      cut();
    return {};
  }

  void cut() {
    const auto most =
        std::max_element(entered_.begin(), entered_.end(), [](const auto& left, const auto& right) {
          return left.second < right.second;
        });
    if (most != entered_.end())
      seen_.endless = most->first;
  }

  const execution_record* waiting_one(const world_outcome& outcome) const {
    for (const execution_outcome& each : outcome.executions)
      for (const std::string& key : each.record.waiting_for)
        if (waits_.count({each.record.flow_execution_id, key}) != 0 &&
            seen_.stuck.count({each.record.flow_definition_id,
                               waits_.at({each.record.flow_execution_id, key})}) == 0)
          return &each.record;
    return nullptr;
  }

  result<void> end_wait(world& stage, const execution_record& record, milliseconds elapsed) {
    const std::string key = record.waiting_for.front();
    const auto wait = waits_.find({record.flow_execution_id, key});
    if (wait == waits_.end())
      return {};
    const step_key step{record.flow_definition_id, wait->second};
    const std::size_t visit = ++wait_visits_[step];
    const std::string asked =
        name_of(step) + (visit > 1 ? " (visit " + std::to_string(visit) + ")" : std::string());
    const std::uint64_t heard_before = heard_;
    result<void> ran;
    if (from_.choose(asked, {asked + " gets its event", asked + " times out"}) == 0) {
      event sent{key, made_of(from_, model_.wanted(step), asked, json::object()), {}};
      if (!keys_.insert(key).second || has_timed_out_)
        sent.at = elapsed + repeated_event_delay;
      events_.push_back(sent);
      run_for_ = milliseconds(0);
      stage.deliver(std::move(sent));
      ran = stage.run();
    } else {
      const std::int64_t now =
          std::chrono::duration_cast<milliseconds>(stage.now().time_since_epoch()).count();
      const milliseconds time(std::max<std::int64_t>(record.due_at - now, 0) + 1);
      has_timed_out_ = true;
      run_for_ += time;
      ran = stage.run_for(time);
    }
    if (ran && heard_ == heard_before)
      seen_.stuck.insert(step);
    return ran;
  }

  result<void> finish(const world_outcome& outcome, const std::string& root) {
    const execution_outcome* first = outcome.find(root);
    if (!first)
      return error{errc::internal, "The execution that was started is not there."};
    seen_.status = to_string(first->record.status);
    expected_ = {{"status", seen_.status}};
    if (!first->record.path.empty()) {
      json::array path;
      for (const std::string& each : first->record.path)
        path.emplace_back(each);
      expected_["path"] = std::move(path);
    }
    if (first->record.status == execution_status::failed && first->record.error)
      expected_["error"] = json::object{{"name", first->record.error->error_name}};
    expected_["executions"] = outcome.executions.size();
    return {};
  }

  // ---- hearing ----------------------------------------------------------------------------------

  void note(const std::string& feature) {
    seen_.features.insert(feature);
    seen_.signature += feature + '\n';
  }

  void hear(const lifecycle_event& heard) {
    ++heard_;
    if (heard.flow_definition_id == flows::delivery_flow_id)
      return; // no flow's own step
    if (counts_)
      counts_->hear(heard);
    const step_key at{heard.flow_definition_id, heard.step_instance_id};
    const std::string name = name_of(at);
    switch (heard.what) {
    case event_type::step_entered:
      seen_.steps.push_back(name);
      ++entered_[at];
      return note("entered " + name);
    case event_type::step_waiting: return hear_wait(heard);
    case event_type::step_left: return hear_leaving(heard, name);
    case event_type::step_failed: return hear_failure(heard, at);
    case event_type::step_retrying: return note("retried " + name);
    case event_type::step_continued: return note("continued " + name);
    case event_type::branch_started: return note("branch " + name + ' ' + heard.branch_id);
    case event_type::execution_ended:
      return note("ended " + heard.flow_definition_id + ' ' + to_string(heard.status));
    default: return;
    }
  }

  void hear_wait(const lifecycle_event& heard) {
    const json::value* key = heard.detail.if_contains("correlationKey");
    if (key && key->is_string())
      waits_[{heard.flow_execution_id, std::string(key->get_string())}] = heard.step_instance_id;
  }

  void hear_leaving(const lifecycle_event& heard, const std::string& name) {
    for (std::size_t i = 0; i < heard.conditions.size(); ++i)
      note((heard.conditions[i] ? "held " : "not held ") + name + ' ' + std::to_string(i));
    switch (heard.way) {
    case flow_way::transition:
      return note("took " + name + ' ' + std::to_string(heard.transition_index));
    case flow_way::default_next: return note("default " + name);
    case flow_way::end: return note("end " + name);
    default: return;
    }
  }

  void hear_failure(const lifecycle_event& heard, const step_key& at) {
    const error_info info = error_info::from_json(heard.detail);
    failed_step failure{at.first, at.second, info.error_name, false, false};
    failure.by_limit = info.error_message.starts_with(limit_words);
    failure.by_budget = info.error_name == "FamilyBudgetExceeded";
    note("failed " + name_of(at) + ' ' + info.error_name + (failure.by_limit ? " limit" : ""));
    if (failure.by_limit || failure.by_budget)
      seen_.stopped.insert(failure);
    if (heard.way == flow_way::fallback)
      return note("fallback " + name_of(at));
    if (info.error_name != "TimeoutError")
      seen_.unhandled.insert(failure);
  }

  // ---- tests ------------------------------------------------------------------------------------

  json::object make_test() const {
    json::object start{{"flowDefinitionId", start_.flow_definition_id}};
    if (start_.flow_version != "1")
      start["flowVersion"] = start_.flow_version;
    start["initialContextData"] = start_.initial_context_data;
    if (start_.execution_overrides)
      start["executionOverrides"] = *start_.execution_overrides;
    json::object test{{"name", ""}, {"start", std::move(start)}};
    if (json::array mocks = mocks_as_json(); !mocks.empty())
      test["mocks"] = std::move(mocks);
    json::array events;
    for (const event& each : events_) {
      json::object sent{{"correlationKey", each.correlation_key}, {"payload", each.payload}};
      if (each.at)
        sent["at"] = std::to_string(each.at->count()) + "ms";
      events.push_back(std::move(sent));
    }
    if (!events.empty())
      test["events"] = std::move(events);
    if (run_for_.count() > 0)
      test["runFor"] = std::to_string(run_for_.count()) + "ms";
    test["expect"] = expected_;
    return test;
  }

  json::array mocks_as_json() const {
    json::array mocks;
    for (const data_origin& each : model_.mocked()) {
      const auto attempts = attempts_.find(each);
      json::array answers;
      if (attempts != attempts_.end())
        answers = compressed(longest(attempts->second));
      else if (model_.needs_mock(*model_.find(each.first, each.second)))
        answers = {json::object{{"return", json::object()}}};
      if (!answers.empty())
        mocks.push_back(json::object{{"step", name_of(each)}, {"answers", std::move(answers)}});
    }
    return mocks;
  }

  static const std::vector<json::object>&
  longest(const std::map<std::string, std::vector<json::object>>& by_execution) {
    return std::max_element(by_execution.begin(), by_execution.end(),
                            [](const auto& left, const auto& right) {
                              return left.second.size() < right.second.size();
                            })
        ->second;
  }

  static json::array compressed(const std::vector<json::object>& answers) {
    json::array all;
    for (std::size_t i = 0; i < answers.size();) {
      std::size_t end = i + 1;
      while (end < answers.size() && answers[end] == answers[i])
        ++end;
      json::object answer = answers[i];
      if (end < answers.size())
        answer["times"] = end - i;
      all.push_back(std::move(answer));
      i = end;
    }
    return all;
  }

  static mock_answer answer_of(const json::object& written) {
    mock_answer made = written.contains("return")
                           ? returns(written.at("return"))
                           : fails(std::string(written.at("fail").at("name").as_string()),
                                   std::string(written.at("fail").at("message").as_string()));
    if (const json::value* times = written.if_contains("times"))
      made.times = times->to_number<std::int64_t>();
    return made;
  }

  // Plays a test as `millrace test` does.
  result<bool> replays(const json::object& test, const std::string& signature) {
    std::vector<mock> mocks;
    for (const data_origin& each : model_.mocked()) {
      mock made{each.first, each.second, {}, {}, {}};
      const auto attempts = attempts_.find(each);
      if (attempts != attempts_.end())
        for (const json::value& answer : compressed(longest(attempts->second)))
          made.answers.push_back(answer_of(answer.get_object()));
      else
        made.answers.push_back(returns(json::object()));
      mocks.push_back(std::move(made));
    }
    counts_ = nullptr;
    auto stage = open(std::move(mocks));
    if (!stage)
      return stage.error();
    const auto root = stage->start(start_);
    if (!root)
      return root.error();
    for (const event& each : events_)
      stage->deliver(each);
    auto ran = stage->run();
    if (ran && run_for_.count() > 0)
      ran = stage->run_for(run_for_);
    const auto outcome = stage->outcome();
    if (!ran || !outcome)
      return false;
    if (auto done = finish(*outcome, *root); !done)
      return done.error();
    return seen_.signature == signature && test.at("expect") == json::value(expected_);
  }

  // Of the exploration.
  const exploration_model& model_;
  const std::vector<flow_document>& documents_;
  const exploration_options& options_;
  const std::string& flow_;
  // Of the run.
  choices from_;
  flows::coverage* counts_;
  start_request start_;
  std::map<std::string, planned_answer> plans_; ///< by step and visit
  std::map<std::pair<step_key, std::string>, std::map<std::string, std::size_t>> visits_;
  std::map<step_key, std::map<std::string, std::vector<json::object>>> attempts_;
  std::map<std::pair<std::string, std::string>, std::string> waits_; ///< by execution and key: step
  std::map<step_key, std::size_t> wait_visits_;
  std::map<step_key, std::size_t> entered_;
  std::set<std::string> keys_; ///< of events that were sent
  std::vector<event> events_;
  milliseconds run_for_{0}; ///< behind the last event
  bool has_timed_out_ = false;
  std::uint64_t heard_ = 0;
  json::object expected_;
  run_result seen_;
};

} // namespace

std::size_t choices::choose(const std::string& asked, const std::vector<std::string>& said) {
  const auto [known, is_new] = known_.try_emplace(asked, 0);
  if (!is_new)
    return known->second;
  const std::size_t position = points_.size();
  const std::size_t wanted = position < given_.size() ? given_[position] : 0;
  known->second = std::min(wanted, said.size() - 1);
  points_.push_back({said.size(), known->second, said[known->second]});
  return known->second;
}

result<run_result> run_once(const exploration_model& model,
                            const std::vector<flow_document>& documents,
                            const exploration_options& options, const std::string& flow,
                            std::vector<std::size_t> given, flows::coverage* counts,
                            bool with_test) {
  return player(model, documents, options, flow, std::move(given), counts).run(with_test);
}

} // namespace millrace::simulation
