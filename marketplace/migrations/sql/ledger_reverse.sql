DROP TRIGGER ledger_is_append_only ON marketplace_journalentry;
DROP TRIGGER ledger_is_append_only ON marketplace_posting;
DROP FUNCTION ledger_is_append_only();
DROP TRIGGER journal_entry_balances ON marketplace_posting;
DROP FUNCTION journal_entry_balances();
DROP TRIGGER posting_moves_balance ON marketplace_posting;
DROP FUNCTION posting_moves_balance();
