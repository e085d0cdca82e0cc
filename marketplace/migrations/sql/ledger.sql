-- An inserted posting moves its account's balance at once; the row lock it takes
-- orders everybody who touches the same account.
CREATE FUNCTION posting_moves_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE marketplace_account SET balance_micros = balance_micros + NEW.amount_micros
   WHERE id = NEW.account_id;
  RETURN NULL;
END $$;
CREATE TRIGGER posting_moves_balance AFTER INSERT ON marketplace_posting
  FOR EACH ROW EXECUTE FUNCTION posting_moves_balance();

-- At commit every entry adds up to zero in each currency.
CREATE FUNCTION journal_entry_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT 1 FROM marketplace_posting p JOIN marketplace_account a ON a.id = p.account_id
     WHERE p.entry_id = NEW.entry_id GROUP BY a.currency HAVING sum(p.amount_micros) <> 0
  ) THEN
    RAISE EXCEPTION 'journal entry % does not balance', NEW.entry_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_balances';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER journal_entry_balances AFTER INSERT ON marketplace_posting
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION journal_entry_balances();

-- The books are written with a pen: nothing is changed or torn out.
CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% rows are never changed or deleted', TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_is_append_only';
END $$;
CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR DELETE ON marketplace_posting
  FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR DELETE ON marketplace_journalentry
  FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only();
