DROP TRIGGER assignment_gives_ration_back ON tasks_assignment;
DROP FUNCTION assignment_gives_ration_back();
DROP TRIGGER lease_within_limits ON tasks_assignment;
DROP FUNCTION lease_within_limits();
DROP TRIGGER leases_within_limits ON tasks_assignment;
DROP FUNCTION leases_within_limits();
DROP FUNCTION require_room_for_leases(bigint, bigint, int);
