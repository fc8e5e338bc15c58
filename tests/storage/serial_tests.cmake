# SPDX-License-Identifier: Apache-2.0
#
# Tests that need the machine for themselves, read by CTest after the cases have been discovered: where
# its readers wait for a processor, the writer waits for them in vain.
set_tests_properties("storage/the write-ahead log stays small while queries overlap all the time"
                     PROPERTIES RUN_SERIAL TRUE)
