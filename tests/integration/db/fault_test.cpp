#include "db/fault.hpp"

#include <gtest/gtest.h>
#include <pqxx/pqxx>
#include <stdexcept>

namespace carillon::db {
namespace {

template <class Error>
Fault fault_of(const Error& error, bool open = true) {
    return classify(std::make_exception_ptr(error), open);
}
pqxx::sql_error sql(const char* sqlstate, const char* text = "") {
    return pqxx::sql_error{text, "", sqlstate};
}

TEST(Fault, WhatRolledBackAsAWholeMayBeTriedAgain) {
    EXPECT_EQ(fault_of(pqxx::serialization_failure{""}), Fault::conflict);
    EXPECT_EQ(fault_of(pqxx::deadlock_detected{""}), Fault::conflict);
}

TEST(Fault, LostCommitIsInDoubtWhateverTheConnectionSays) {
    EXPECT_EQ(fault_of(pqxx::in_doubt_error{""}, true), Fault::in_doubt);
    EXPECT_EQ(fault_of(pqxx::in_doubt_error{""}, false), Fault::in_doubt);
    EXPECT_EQ(fault_of(pqxx::statement_completion_unknown{""}), Fault::in_doubt);
}

TEST(Fault, EndOfTheSessionIsABrokenConnection) {
    EXPECT_EQ(fault_of(pqxx::broken_connection{}), Fault::broken);
    for (const auto* state : {"57P01", "57P02", "57P03", "57P05", "25P03", "08006"}) {
        EXPECT_EQ(fault_of(sql(state)), Fault::broken) << state;
    }
    EXPECT_EQ(fault_of(sql("XX000"), false), Fault::broken);
    EXPECT_EQ(fault_of(pqxx::failure{"no result"}, false), Fault::broken);
}

TEST(Fault, CancelledStatementIsATimeout) {
    EXPECT_EQ(fault_of(sql("57014")), Fault::timeout);
}

TEST(Fault, OutdatedPreparedStatementIsAStalePlan) {
    EXPECT_EQ(fault_of(sql("0A000", "ERROR:  cached plan must not change result type")), Fault::stale_plan);
    EXPECT_EQ(fault_of(sql("26000")), Fault::stale_plan);
    EXPECT_EQ(fault_of(sql("0A000", "ERROR:  COPY is not supported here")), Fault::theirs);
}

TEST(Fault, EverythingElseIsTheJobsOwn) {
    EXPECT_EQ(fault_of(pqxx::unique_violation{"", "", "23505"}), Fault::theirs);
    EXPECT_EQ(fault_of(std::runtime_error{""}, false), Fault::theirs);
    EXPECT_EQ(classify(std::make_exception_ptr(42), true), Fault::theirs);
}

}  // namespace
}  // namespace carillon::db
