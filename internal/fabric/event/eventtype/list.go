package eventtype

import "slices"

// All returns every type by name.
func All() []Type {
	all := slices.Concat(access(), changes(), runs(), fabric(), reactions(), money())
	slices.SortFunc(all, func(a, b Type) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return all
}

// first returns types of the first version that have the same data.
func first(data string, names ...string) []Type {
	all := make([]Type, 0, len(names))
	for _, n := range names {
		all = append(all, Type{Name: n, Version: 1, data: data})
	}
	return all
}

func access() []Type {
	return slices.Concat(
		first("tenant display state", "tenant.created", "tenant.renamed", "tenant.suspended", "tenant.resumed", "tenant.leaving", "tenant.stays", "tenant.left"),
		first("tenant", "tenant.archive_read", "tenant.archive_removed"),
		first("tenant recipients:strings", "tenant.exported", "tenant.recipients_set"),
		first("costcenter owner", "project.created", "project.tags_set"),
		first("limits:object unset?:strings", "quota.set"),
		first("quota limit:integer used:integer percent:integer", "quota.nearing"),
		first("from:time to:time quantities:object stages:object", "usage.metered"),
		first("tags:object required:list revision:integer", "tags.set"),
		first("kind subject role platform:boolean expiresAt?:time elevation? source?", "access.granted", "access.revoked"),
		first("user role length:integer expiresAt?:time", "elevation.requested", "elevation.approved", "elevation.denied", "elevation.ended"),
		first("users:strings groups:strings longest:integer", "elevation.rule_set"),
		first("group", "group.created", "group.deleted"),
		first("group user source", "group.member_added", "group.member_removed"),
		first("name owner", "service_account.created", "service_account.disabled", "service_account.enabled", "service_account.deleted"),
		first("name role", "user.created"),
		first("name", "user.disabled", "user.enabled", "user.deleted"),
		first("", "user.password_changed", "token.revoked"),
		first("user tokens:integer", "user.password_reset"),
		first("user name expiresAt:time scopes?:strings projects?:strings stages?:strings", "token.created"),
		first("user name expiresAt:time", "session.opened"),
		first("user why", "session.refused"),
		first("user client why", "session.ended"),
		first("user kind name", "factor.added", "factor.removed"),
		first("user kind why", "factor.refused"),
		first("user codes:integer", "factor.codes_made", "factor.code_used"),
		first("user factors:integer tokens?:integer", "factor.reset"),
		first("policy before", "factor.policy_set"),
		first("name scopes:strings", "client.allowed"),
		first("client scopes:strings", "device.approved", "device.denied"),
		first("name public:boolean", "client.registered", "client.removed", "client.secret_rotated"),
		first("algorithm signsFrom:time", "signing_key.added"),
		first("audience phase workload token expiresAt:time", "workload_identity.issued"),
		first("upstream issuer client newUsers linkByEmail:boolean enabled:boolean", "upstream.created"),
		first("upstream client newUsers linkByEmail:boolean enabled:boolean secret:boolean", "upstream.changed"),
		first("upstream issuer", "upstream.deleted"),
		first("upstream rules:strings", "upstream.rules_set"),
		first("upstream user subject rules:strings", "upstream.signed_in"),
		first("upstream subject why", "upstream.refused"),
		first("upstream user subject by", "upstream.linked"),
		first("upstream user subject", "upstream.unlinked"),
		first("name issuer audience service scopes:strings conditions:object projects?:strings stages?:strings", "trust.created"),
		first("name", "trust.deleted"),
		first("name issuer token said:object why?", "trust.exchanged", "trust.refused"),
		first("from:integer to:integer for", "audit.exported"),
		first("entry:integer hash key head previous:integer", "audit_head.signed"),
		first("key signsFrom:time", "audit_key.added"),
		first("method path times:integer", "access.refused"),
		first("root", "key.rotated"),
		first("", "key.root_rotated", "key.destroyed"),
		first("keys:integer", "key.rewrapped"),
		first("name labels:object", "runner.created", "runner.removed", "runner.state_handed_in"),
	)
}

// changes are those of what is delivered, and of where it comes from.
func changes() []Type {
	return slices.Concat(
		first("size:integer", "artifact.uploaded"),
		first("workload number:integer version digest", "release.created"),
		first("definition type revision:integer digest", "definition.applied"),
		first("definition", "definition.deleted"),
		first("module version digest", "module.published"),
		first("version:integer digest before", "landing-zone.set"),
		first("version:integer digest origin stages:strings", "stages.changed"),
		first("repository provider branch remote:object protection:object", "repo.created", "repo.connected"),
		first("repository binding:object", "repo.bound"),
		first("repository binding", "repo.unbound"),
		first("repository login user", "repo.identified"),
		first("repository login", "repo.unidentified"),
		first("repository provider", "repo.deleted"),
		first("repository", "repo.protected", "repo.renewed"),
		first("repository refs:list push", "vcs.pushed"),
		first("repository number:integer source target head title fork?:boolean", "pr.opened"),
		first("repository number:integer comment", "pr.commented"),
		first("repository number:integer", "pr.apply_asked", "pr.approved", "pr.closed", "pr.command_refused", "pr.merged", "pr.reopened", "pr.replanned", "pr.updated"),
		first("for repository commit folder", "build.started"),
		first("for repository commit folder artifact", "build.succeeded"),
		first("for repository commit folder message", "build.failed"),
		first("repository branch path", "config.connected"),
		first("repository", "config.disconnected"),
		first("commit revision author pushedBy? changed:strings", "config.changed"),
		first("commit revision author pushedBy? problems:strings", "config.rejected"),
		first("message", "config.failed"),
		first("keys:strings problems:strings", "config.unavailable"),
		first("revision commit branch pull:integer", "config.rolled-back"),
		first("workload opens? expiresAt?:time", "config.token-created"),
		first("workload", "config.token-revoked"),
		first("workload secrets:strings revision", "config.secrets-delivered"),
		first("source repository branch path prune:any", "source.added"),
		first("source repository", "source.removed", "source.sync_asked"),
		first("source repository branch", "source.trusted", "source.distrusted"),
		first("source commit removes:list", "source.allowed"),
		first("source object file", "source.overridden"),
		first("source commit message held:strings", "source.failed", "source.held", "source.progressing", "source.reconciled"),
		first("stack workload address action attributes?:strings severity rule status who?:strings run? until?:time resolution?",
			"drift.accepted", "drift.detected", "drift.ignored", "drift.resolved", "drift.reverted"),
		first("stack workload outcome began:strings beganCount:integer ceased:strings ceasedCount:integer errors:integer cause", "compliance.changed"),
		first("stacks:integer", "compliance.asked"),
	)
}

func runs() []Type {
	const run = "stack workload release operation status dryRun:boolean dossier? fence?:integer attempt?:integer failure?:object orphans?:strings lifetime?"
	return slices.Concat(
		first(run+" expired:list", "run.approval_expired"),
		first(run,
			"run.adopted", "run.applying", "run.approved", "run.awaiting_approval", "run.cancel_requested", "run.canceled",
			"run.continued", "run.discarded", "run.failed", "run.held", "run.interrupted", "run.overridden", "run.planned", "run.planning", "run.queued",
			"run.rollback_queued", "run.stale", "run.succeeded", "run.superseded", "run.verifying", "run.waiting"),
		first("stack workload run outputs:strings version? serial?:integer runs:strings", "run.outputs_changed"),
		first("workload release run trigger status changed:boolean outcome?", "verification.requested", "verification.passed", "verification.failed", "verification.void"),
		first("workload release:object run verification? message? stopped?:strings", "release.verified", "release.revoked"),
		first("scope:object workload release:object by:object reason at:time withdrawn?:object", "release.approved", "release.approval_withdrawn"),
		first("version serial:integer digest run", "state.written", "state.restored"),
		first("kept fence:integer", "state.set_aside"),
		first("kept digest version serial:integer", "state.taken_back"),
		first("kept serial:integer digest", "state.discarded"),
		first("version run", "state.deleted"),
		first("lock from by", "state.lock_taken_over"),
		first("lock run", "state.unlocked"),
		first("from to", "state.moved"),
		first("addresses:strings", "state.removed"),
		first("to serial:integer", "state.rolled_back"),
		first("lineage digest", "state.imported"),
	)
}

// fabric are those of what workloads stand in.
func fabric() []Type {
	const subscription = "name product plan consumer state"
	return slices.Concat(
		first("", "dns-record.changed", "dns-record.deleted", "gateway-policy.changed", "gateway-policy.deleted", "gateway-product.changed", "gateway-product.deleted", "route.changed", "route.deleted", "secret.deleted", "topic.deleted"),
		first("tag? url? host? route? all?:boolean soft?:boolean", "gateway-cache.purged"),
		first("zone everywhere:boolean networks:strings serial:integer", "dns-zone.created", "dns-zone.changed", "dns-zone.deleted"),
		first("zone serial:integer set:strings deleted:strings sets:integer deletions:integer", "dns-zone.records_changed"),
		first("network prefixes:strings recursion:boolean clientSubnet:boolean", "dns-network.set", "dns-network.deleted"),
		first("domain servers:strings networks:strings", "dns-forwarder.set", "dns-forwarder.deleted"),
		first("key zone algorithm transfer:boolean update:strings types:strings", "dns-key.created", "dns-key.deleted"),
		first("endpoint service group zone network addresses:strings stage? workload?", "dns-endpoint.created"),
		first("endpoint service group zone network addresses:strings", "dns-endpoint.deleted"),
		first("endpoint service group zone network addresses:strings stage workload problem", "dns-endpoint.unplaced"),
		first("key? thumbprint", "acme-account.created", "acme-account.changed", "acme-account.rekeyed", "acme-account.deactivated"),
		first("note?", "acme-key.created", "acme-key.revoked"),
		first("account names:strings name problem", "acme-order.failed"),
		first("account names:strings notAfter:time", "acme-certificate.issued"),
		first("account names:strings notAfter:time reason:integer", "acme-certificate.revoked"),
		first("kind name", "mesh-policy.changed", "mesh-policy.deleted"),
		first("name state for", "gateway-domain.added", "gateway-domain.removed", "gateway-domain.revoked"),
		first("name state for method", "gateway-domain.verified", "gateway-domain.approved"),
		first("name state for fingerprint names:strings notAfter:time", "gateway-domain.certificate_set", "gateway-domain.certificate_removed", "gateway-domain.certificate_ended"),
		first("name state for fingerprint names:strings notAfter:time days:integer", "gateway-domain.certificate_ending"),
		first("name state for fingerprint names:strings notAfter:time to", "gateway-domain.certificate_copied"),
		first("name state for since:time", "gateway-domain.record_missing"),
		first("serial names:strings kind name issuer notAfter:time", "certificate.issued", "certificate.expired"),
		first("serial names:strings kind name issuer notAfter:time renewedFrom", "certificate.renewed"),
		first("serial names:strings kind name issuer notAfter:time reason", "certificate.revoked"),
		first("serial names:strings kind name issuer notAfter:time days:integer", "certificate.expiring"),
		first("kind generation:integer state name notAfter?:time signsAt?:time", "certificate-authority.made", "certificate-authority.adopted", "certificate-authority.requested",
			"certificate-authority.rotated", "certificate-authority.activated", "certificate-authority.aborted", "certificate-authority.retired", "certificate-authority.expiring"),
		first(subscription+" endsAt?:time", "gateway-subscription.created"),
		first(subscription, "gateway-subscription.approved", "gateway-subscription.rejected", "gateway-subscription.suspended", "gateway-subscription.resumed", "gateway-subscription.cancelled", "gateway-subscription.expired"),
		first(subscription+" key", "gateway-subscription.key_regenerated"),
		first(subscription+" quota limit:integer used:integer percent:integer soft:boolean until:time", "gateway-subscription.quota_nearing", "gateway-subscription.quota_exhausted"),
		first("version revision:integer digest", "api.uploaded"),
		first("route objective severity since:time budgetLeft target window long? short? burnLong? burnShort?", "slo.burning", "slo.recovered"),
		first("version stage revision:integer before:integer", "api.published"),
		first("version stage revision:integer sunset:time", "api.deprecated", "api.undeprecated"),
		first("version stage revision:integer", "api.retired"),
		first("api version stage revision:integer before:integer changes:integer", "api.break_requested", "api.break_approved"),
		first("rules:integer", "api.guide_set"),
		first("version stage revision:integer before:integer run", "api.withheld"),
		first("branch file", "api.repository_followed", "api.repository_unfollowed"),
		first("version:integer generated:boolean", "secret.changed"),
		first("versions:list", "secret.version_deleted", "secret.version_undeleted", "secret.version_destroyed"),
		first("maxVersions:integer casRequired:boolean deleteAfter? custom?:strings", "secret.described"),
		first("version:integer from unrecorded:integer", "secret.read"),
		first("vault way", "vault-certificate.set", "vault-certificate.asked", "vault-certificate.removed", "vault-certificate.resumed"),
		first("vault way from", "vault-certificate.moved"),
		first("vault way problem", "vault-certificate.failed", "vault-certificate.conflicted"),
		first("vault way serial names:strings notAfter:time", "vault-certificate.issued", "vault-certificate.imported", "vault-certificate.taken"),
		first("vault", "secret.sync.removed", "secret.sync.asked", "secret.sync.adopted", "secret.sync.resumed"),
		first("vault direction onDrift azureTenant client", "secret.sync.set"),
		first("vault problem", "secret.sync.failed", "secret.sync.conflicted"),
		first("vault names:list", "secret.sync.deleted", "secret.sync.recovered"),
		first("vault names:list version:integer", "secret.sync.written", "secret.sync.pulled"),
		first("vault names:list how", "secret.sync.drifted"),
		first("version:integer stage of:integer", "secret.taken"),
		first("stack", "secret.handed-over", "local-object.deleted"),
		first("versions:integer", "secret.indexed"),
		first("rule place kind fingerprint state secret? source? by? until?:time", "secret.leaked", "secret.leak_allowed", "secret.leak_reopened", "secret.leak_resolved"),
		first("place kind", "secret.scan_failed"),
		first("stack revision:integer", "local-object.changed", "local-object.created"),
		first("backup size:integer", "local-object.backed_up"),
		first("backup of", "local-object.restored"),
		first("from to weight:integer", "rollout.started", "rollout.promoted"),
		first("from to weight:integer reason", "rollout.aborted"),
		first("from to weight:integer promote:boolean", "rollout.decided"),
		first("subject", "topic.changed"),
		first("type version:integer", "topic-schema.registered"),
		first("bridge to", "topic-bridge.changed", "topic-bridge.deleted"),
		first("grant project workload? publish:boolean consume:boolean", "topic-grant.created", "topic-grant.rotated", "topic-grant.revoked"),
		first("subscription mode project workload?", "topic-subscription.changed", "topic-subscription.deleted", "topic-subscription.paused", "topic-subscription.resumed",
			"topic-subscription.rotated", "topic-subscription.replayed", "topic-subscription.redriven"),
	)
}

// reactions are those of what events set going.
func reactions() []Type {
	return slices.Concat(
		first("name sink", "subscription.created"),
		first("name", "subscription.deleted", "subscription.paused", "subscription.resumed", "subscription.rotated", "subscription.tested"),
		first("count:integer", "subscription.redelivered"),
		first("name event type attempts:integer problem", "subscription.dead_lettered"),
		first("name action", "rule.applied"),
		first("name", "rule.deleted"),
		first("event type action result", "rule.fired", "rule.failed", "rule.refused", "rule.looped", "rule.limited"),
		first("rule message event type", "rule.notified"),
	)
}

// money are those of what is paid.
func money() []Type {
	return slices.Concat(
		first("rows:integer skipped:integer periods:integer replaced:integer part", "cost.imported"),
		first("", "cost.import_forgotten"),
		first("assign:integer shared:integer", "cost.rules_set"),
		first("service day direction actual expected currency", "cost.anomaly_found"),
		first("met:boolean", "maturity.answered"),
		first("name tenant project? stage? workload? amount currency zone level unpriced thresholds:list platform?:boolean revision:integer setBy setAt:time", "budget.set", "budget.deleted"),
		first("budget scope month currency amount used forecast threshold?:integer confidence", "budget.threshold_crossed", "budget.exceeded"),
		first("before:time now:time", "budget.clock_accepted"),
		first("workload expiresAt:time origin run problem", "lifetime.expiring", "lifetime.extended", "lifetime.reclaiming", "lifetime.reclaim_failed"),
		first("policy? set? workload? address? level status requestedBy approvedBy? expiresAt:time",
			"exemption.requested", "exemption.approved", "exemption.revoked", "exemption.expiring", "exemption.expired"),
		first("policies set? target? level version:integer", "policy.assigned", "policy.unassigned"),
	)
}
