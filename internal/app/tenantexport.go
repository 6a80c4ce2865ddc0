package app

import (
	"context"
	"encoding/json"
	"io"

	"github.com/terrace-idp/terrace/internal/access/audit"
	"github.com/terrace-idp/terrace/internal/access/audit/chain"
	"github.com/terrace-idp/terrace/internal/access/tenant/export"
	"github.com/terrace-idp/terrace/internal/access/tenant/export/exportsql"
	"github.com/terrace-idp/terrace/internal/delivery/state"
	"github.com/terrace-idp/terrace/internal/delivery/state/statesql"
	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/fabric/secret/secretsql"
	"github.com/terrace-idp/terrace/internal/fabric/topic/topicsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// newExports makes what puts all that a tenant has into an archive.
func newExports(p *platform, a *access, d *delivery, f *fabric) *export.Service {
	sources := []export.Source{exportedScores(p.db), exportedLocks(p.db)}
	for _, of := range exportedRows() {
		of.DB, of.Spool = p.db, p.path("spool")
		sources = append(sources, of)
	}
	return export.New(export.Config{
		Sources: append(sources,
			exportedStates{d.states, statesql.NewStore(p.db)},
			exportedSecrets{f.secrets, secretsql.NewStore(p.db)},
			exportedRepositories{p.db, d.repositories}, exportedArtifacts{p.db, p.blobs}, exportedLogs{p.db, d.logs},
			exportedDocuments{p.config.Documents != ""},
			exportedTopics{topicsql.NewStore(p.db)},
			exportedAudit{a.audit}, // last: what was read for the archive is in it, too
		),
		Authorizer: a.identity, Journal: a.journal, Tx: p.db, Home: p.config.Tenant,
	})
}

// exportedScores are the Score files of all releases.
func exportedScores(d *db.DB) exportsql.Files {
	return exportsql.Files{DB: d, Query: "SELECT 'score/' || project || '/' || workload || '/' || number || '.yaml' AS name, spec AS content FROM releases WHERE tenant = ?"}
}

// exportedLocks are the lock files of providers of all releases that have one.
func exportedLocks(d *db.DB) exportsql.Files {
	return exportsql.Files{DB: d, Query: "SELECT 'locks/' || project || '/' || workload || '/' || number || '.terraform.lock.hcl' AS name, lock AS content FROM releases WHERE tenant = ? AND LENGTH(lock) > 0"}
}

// exportedRows are the tables that an archive has, by folder. One that is neither here nor
// among notExported fails a test.
func exportedRows() []exportsql.Rows {
	whole := func(names ...string) (all []exportsql.Table) {
		for _, name := range names {
			all = append(all, exportsql.Table{Name: name})
		}
		return all
	}
	without := func(name string, omit ...string) exportsql.Table { return exportsql.Table{Name: name, Omit: omit} }
	ofSlice := "slice IN (SELECT id FROM focus_slices WHERE tenant = ?)"
	return []exportsql.Rows{
		{Folder: "tenant", Tables: whole("projects", "tag_settings", "identity_groups", "identity_group_members", "identity_grants", "identity_service_accounts", "identity_elevations", "identity_elevation_rules", "trust_rules", "factor_policies", "quota_settings", "usage_hours", "upstream_domains", "upstream_links")},
		{Folder: "tenant", Tables: []exportsql.Table{without("identity_users", "password"), without("factor_factors", "credential", "data"), without("upstream_upstreams", "secret"), without("identity_subject_tokens", "hash"), without("provider_clients", "secret")}},
		{Folder: "delivery", Tables: whole("release_artifacts", "runs", "run_dossiers", "run_deployments", "run_verified", "run_verifications", "run_logs", "run_release_approvals", "state_versions", "module_definitions", "module_versions", "landing_zones", "sources", "source_objects", "builds", "lifetimes", "automation_rules", "automation_firings")},
		{Folder: "apis", Tables: whole("apispec_revisions", "apispec_standings", "apispec_overrides", "apispec_guides", "apispec_calls", "apispec_followings", "apispec_carried")},
		{Folder: "delivery", Tables: []exportsql.Table{without("releases", "spec", "lock"), without("fleet_runners", "token")}},
		{Folder: "repositories", Tables: append(whole("vcs_bindings", "vcs_pulls", "vcs_checks", "vcs_comments", "vcs_statuses", "vcs_identities"), without("vcs_repositories", "sealed"))},
		{Folder: "configuration", Tables: append(whole("config_sources", "config_revisions"), without("config_tokens", "hash"))},
		{Folder: "documents", Tables: append(whole("documents"), without("document_databases", "hash", "former_hash"))},
		{Folder: "governance", Tables: whole("policy_settings", "policy_exemptions", "budget_revisions", "budget_entries", "compliance_findings", "compliance_spans", "compliance_stacks", "drift_findings", "drift_checks", "leak_findings", "maturity_answers")},
		{Folder: "costs", Tables: append(whole("focus_imports", "focus_slices", "focus_things", "focus_labels", "focus_rules"), exportsql.Table{Name: "focus_days", Where: ofSlice}, exportsql.Table{Name: "focus_sums", Where: ofSlice})},
		{Folder: "events", Tables: []exportsql.Table{{Name: "event_log"}, without("event_subscriptions", "sealed"), {Name: "topics"}, {Name: "topic_schemas"}, {Name: "topic_bridges"}, without("topic_grants", "hashes"), without("topic_subscriptions", "sealed")}},
		{Folder: "network", Tables: whole("dns_names", "dns_records", "dns_sets", "gateway_routes", "gateway_hosts", "gateway_route_hosts", "gateway_policies", "gateway_versions", "waf_findings", "waf_scores", "gateway_traffic", "mesh_traffic", "gateway_slo_alerts", "gateway_products", "gateway_subscription_usage")},
		{Folder: "network", Tables: []exportsql.Table{without("gateway_subscriptions", "primary_hash", "secondary_hash"), without("gateway_domains", "sealed"), without("dns_objects", "sealed"), {Name: "mesh_documents"}, {Name: "pki_certificates"}}},
		{Folder: "certificates", Tables: append(whole("acme_accounts", "acme_orders", "acme_authorizations", "acme_certificates", "vault_certificates"), without("acme_keys", "sealed"))},
		{Folder: "secrets", Tables: append(whole("secret_metadata", "secret_syncs", "secret_sync_items"), without("secrets", "sealed", "known"))},
	}
}

// notExported are the tables that an archive does not have, and why.
func notExported() map[string]string {
	const (
		platform = "it is the platform's"
		work     = "it is work that waits, or how far it is"
		signIn   = "it is of sign-ins that are underway, and has hashes of what lets in"
	)
	return map[string]string{
		"acme_nonces": platform, "audit_entries": "audit/log.jsonl has them", "audit_heads": "audit/log.jsonl has it", "audit_signed_heads": "audit/log.jsonl has them", "audit_keys": platform, "audit_removals": work,
		"automation_cursor": work, "automation_quota": work, "budget_clocks": work, "budget_reservations": work, "budget_told": work,
		"dns_revision": platform, "document_keys": "they follow from the documents", "drift_watches": work, "event_deliveries": work, "event_head": platform, "event_outbox": "the log has what is in it a moment later", "event_subscription_quota": work,
		"factor_codes": signIn, "factor_spent": signIn, "factor_tries": signIn, "fleet_assignments": work, "focus_told": work, "focus_turns": work, "gateway_revision": platform, "gateway_session_keys": platform, "gateway_subscription_turn": platform, "gateway_domain_turn": platform, "mesh_turn": platform, "pki_authorities": platform, "pki_turn": platform, "pki_lists": platform, "gateway_tails": work, "gateway_tail_parts": work, "apispec_turn": platform,
		"identity_claims": work, "identity_revisions": work, "keyring_data_keys": "keys do not leave", "keyring_owner_keys": "keys do not leave", "keyring_moves": platform, "keyring_round": platform,
		"leak_added": work, "leak_branches": work, "leak_changes": work, "leak_keys": "keys do not leave", "leak_logs": work, "mesh_reports": work, "mesh_sidecars": "they are connections of this moment", "mesh_daemons": platform, "leak_values": "they are hashes of what is exported, and follow from it", "lifetime_reclaims": work, "local_backups": "they are of copies that are on this machine, of what the owners export themselves", "local_objects": "their outputs have passwords; the states have them", "module_claims": "they follow from the definitions", "module_seeded": platform, "module_shipped": platform,
		"provider_consents": signIn, "provider_devices": signIn, "provider_keys": platform, "provider_requests": signIn, "provider_revision": platform, "provider_sessions": signIn, "provider_sign_ins": signIn,
		"quota_told": work, "quota_turns": work, "usage_actors": work, "usage_progress": platform,
		"run_projects": work, "run_promotions": work, "run_queue": platform, "run_stacks": work, "run_tenants": work, "stage_sets": platform, "state_stacks": "the states are there themselves",
		"tenants": platform, "trust_spent": work, "topic_attempts": work, "topic_removals": work, "upstream_sessions": signIn, "upstream_logouts": signIn, "upstream_spent": signIn, "vcs_deliveries": work, "vcs_pushes": work,
	}
}

// exportedStates are the states of all stacks, as terraform has them.
type exportedStates struct {
	states *state.Service
	store  *statesql.Store
}

// Write implements export.Source.
func (e exportedStates) Write(ctx context.Context, tenant string, to *export.Archive) error {
	all, err := e.store.InForce(ctx, tenant, "")
	if err != nil || len(all) == 0 {
		return err
	}
	if !to.Seals() {
		to.Omit("states: they have passwords, and there was no recipient to encrypt them for")
		return nil
	}
	for _, v := range all {
		stack := v.Stack
		content, err := e.states.Read(ctx, state.Caller{Stack: stack}, stack)
		if kernel.Is(err, kernel.NotFound) {
			continue // it was removed meanwhile
		}
		if err != nil {
			return err
		}
		err = to.AddSealed("states/"+stack+".tfstate", func(w io.Writer) error {
			_, err := io.Copy(w, content)
			return err
		})
		if closed := content.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// exportedSecrets are the values of secrets.
type exportedSecrets struct {
	secrets *secret.Service
	store   *secretsql.Store
}

// Write implements export.Source.
func (e exportedSecrets) Write(ctx context.Context, tenant string, to *export.Archive) error {
	all, err := e.store.All(ctx, tenant)
	if err != nil || len(all) == 0 {
		return err
	}
	if !to.Seals() {
		to.Omit("values of secrets: there was no recipient to encrypt them for")
		return nil
	}
	return to.AddSealed("secrets/values.jsonl", func(w io.Writer) error {
		lines := json.NewEncoder(w)
		for _, i := range all {
			info, data, err := e.secrets.Read(secretref.ReadFor(ctx, "export of the tenant"), i.Scope, i.Name, i.Version)
			if kernel.Is(err, kernel.NotFound) {
				continue // it is deleted
			}
			if err != nil {
				return err
			}
			line := map[string]any{"project": i.Scope.Project, "stage": i.Scope.Stage, "name": i.Name, "version": info.Version, "data": data}
			if err := lines.Encode(line); err != nil {
				return err
			}
		}
		return nil
	})
}

// exportedAudit is the audit log with what proves it.
type exportedAudit struct{ audit *audit.Service }

// Write implements export.Source.
func (e exportedAudit) Write(ctx context.Context, tenant string, to *export.Archive) error {
	x, err := e.audit.Export(ctx, kernel.Scope{Tenant: tenant}, audit.Wanted{})
	if err != nil {
		return err
	}
	return to.Add("audit/log.jsonl", func(w io.Writer) error {
		lines := json.NewEncoder(w)
		lines.SetEscapeHTML(false)
		return x.Write(ctx, func(l chain.Line) error { return lines.Encode(l) })
	})
}
