/**
 * Rows as the version wrote them that had a migration as its last: in the tables and columns that it added. Together
 * they are a database that has been there since the first version.
 */
export const OLD_ROWS: Readonly<Record<string, string>> = {
  '0001-initial': `
    insert into countries (id, name, region) values (1, 'France', 'EMEA');
    insert into sites (id, country_id, name) values (1, 1, 'Paris');
    insert into capability_sets (id, hash, uris) values (1, 'h', '["urn:base:1.0"]');
    insert into capability_set_members (set_id, uri, namespace) values (1, 'urn:base:1.0', 'urn:base:1.0');
    insert into devices (id, site_id, name, address, port, lifecycle, source, first_seen_at, last_seen_at,
        last_probe_id, last_outcome, last_probed_at, last_supported_at, netconf_supported, capability_set_id)
      values (1, 1, 'r1', 'r1.example.net', 830, 'ACTIVE', 'global', 1, 2, 7, 'SUPPORTED', 9, 9, 1, 1),
        (2, 1, 'r2', 'r2.example.net', 22, 'ACTIVE', 'global', 1, 2, null, null, null, null, null, null),
        (3, 1, 'r3', 'r3.example.net', 830, 'DECOMMISSIONED', 'global', 1, 1, null, null, null, null, null, null);
    insert into refreshes (id, state, trigger, scope, sync, force, created_at, started_at, finished_at, total,
        outcome_counts)
      values (1, 'COMPLETED', 'CLI', '{"countryIds":[],"siteIds":[],"deviceIds":[1]}', 0, 1, 3, 4, 10, 1,
        '{"SUPPORTED":1}');
    insert into refresh_targets (refresh_id, device_id, position) values (1, 1, 0);
    insert into probes (id, device_id, refresh_id, seq, outcome, phase, started_at, duration_ms, attempt,
        capability_set_id, missing_capabilities)
      values (7, 1, 1, 1, 'SUPPORTED', 'CLOSE', 5, 4.25, 1, 1, '[]')`,
  '0002-host-keys-and-facts': `
    insert into host_keys (device_id, algorithm, fingerprint, first_seen_at, offered_algorithm, offered_fingerprint,
        offered_at)
      values (1, 'ssh-ed25519', 'SHA256:known', 5, 'ssh-ed25519', 'SHA256:other', 9);
    insert into device_facts (device_id, hostname, read_from, read_at) values (1, 'edge', 'junos', 1234)`,
  '0003-holds': `
    insert into credentials (name, state, rejections, suspended_at) values ('lab', 'SUSPENDED', 5, 8);
    update devices set failures = 3, back_off_until = 99 where id = 2`,
  '0004-plans-and-changes': `
    insert into sync_plans (id, source, state, created, updated, decommissioned, unchanged, rejected, digest, planned_at)
      values (1, 'global', 'AWAITING_APPROVAL', 1, 0, 1, 2, '[]', 'd', 6);
    insert into changes (id, at, actor, action, device_id, fields) values (1, 6, 'anna', 'DECOMMISSIONED', 3, '[]');
    update devices set decommissioned_by = 'anna', source_key = 'k3' where id = 3`,
  '0005-tokens': `
    insert into tokens (id, name, role, hash, created_at, revoked_at)
      values (1, 'ci', 'OPERATOR', 'hash', 5, null), (2, 'old', 'VIEWER', 'hash 2', 5, 6)`,
  '0006-filters-and-orders': `
    insert into devices (id, site_id, name, address, port, lifecycle, source, first_seen_at, last_seen_at)
      values (4, 1, 'r4', 'r4.example.net', 830, 'ACTIVE', 'global', 3, 3)`,
  '0007-retries': `
    insert into refreshes (id, state, trigger, scope, sync, force, created_at, retry_of)
      values (2, 'INTERRUPTED', 'MUTATION', '{"countryIds":[],"siteIds":[],"deviceIds":[1]}', 0, 1, 12, 1)`,
  '0008-probe-notes': `
    insert into probes (id, device_id, outcome, phase, started_at, duration_ms, attempt, missing_capabilities, notes)
      values (8, 4, 'TIMEOUT', 'CONNECT', 20, 1.5, 2, '[]', '["It was slow."]')`,
  '0009-moves-and-warnings': `
    insert into sync_plans (id, source, state, created, updated, decommissioned, unchanged, rejected, digest, planned_at,
        moved, warnings)
      values (2, 'global', 'APPLIED', 0, 1, 0, 3, '[]', 'd2', 7, 1, '["A device moves."]')`,
  '0010-planned-changes': `
    insert into planned_change_sets (id, hash) values (1, 'h1');
    insert into planned_changes (id, set_id, action, device_id, name, site, country, fields, is_held)
      values (1, 1, 'DECOMMISSIONED', 4, 'r4', 'Paris', 'France', '[]', 1);
    insert into sync_plans (id, source, state, created, updated, decommissioned, unchanged, rejected, digest, planned_at,
        change_set_id)
      values (3, 'global', 'AWAITING_APPROVAL', 0, 0, 1, 3, '[]', 'd3', 8, 1)`,
  '0011-more-filters': `
    update devices set last_probe_id = 8, last_outcome = 'TIMEOUT', last_phase = 'CONNECT', last_probed_at = 22 where id = 4`,
}
