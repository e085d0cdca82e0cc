DROP FUNCTION crowds_page(bigint, bigint, text, int, int);
