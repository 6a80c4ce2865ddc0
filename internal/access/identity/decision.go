package identity

import (
	"maps"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// TokenScope is a kind of action that a token can be narrowed to.
type TokenScope string

// The scopes of tokens: to see, to change what runs, to let others change it, to get at
// values that are secret, and to change what holds for others.
const (
	ScopeRead    TokenScope = "read"
	ScopeDeploy  TokenScope = "deploy"
	ScopeApprove TokenScope = "approve"
	ScopeSecrets TokenScope = "secrets"
	ScopeAdmin   TokenScope = "admin"
)

// TokenScopes returns every scope.
func TokenScopes() []TokenScope {
	scopes := make([]TokenScope, 0, 5)
	for _, name := range kernel.TokenScopes() {
		scopes = append(scopes, TokenScope(name))
	}
	return scopes
}

// Decision says who may do an action.
type Decision struct {
	// Scope is the one that a token with scopes must have.
	Scope TokenScope
	// Roles are those that may.
	Roles []Role
	// Anywhere lets a role in any project count where the action is about the
	// whole tenant: what every member needs to read.
	Anywhere bool
	// Below lets a role in any stage of a project count where the action is about the
	// whole project: what who works in one stage needs, and what belongs to none.
	Below bool
	// Platform says that the action is about the platform, where the scope's tenant does
	// not matter.
	Platform bool
	// Run lets runs do it with their own token.
	Run bool
}

// Decisions returns the table of all actions: the one place that says which
// role may do what.
func Decisions() map[string]Decision {
	members := []Role{Viewer, Auditor, Developer, Approver, Admin}
	developers := []Role{Developer, Admin}
	admins := []Role{Admin}
	all := map[string]Decision{
		"project.read":      {Scope: ScopeRead, Roles: members, Below: true},
		"workload.read":     {Scope: ScopeRead, Roles: members, Below: true},
		"release.read":      {Scope: ScopeRead, Roles: members, Below: true},
		"run.read":          {Scope: ScopeRead, Roles: members, Below: true},
		"drift.read":        {Scope: ScopeRead, Roles: members},
		"drift.check":       {Scope: ScopeDeploy, Roles: []Role{Developer, Approver, Admin}},
		"drift.decide":      {Scope: ScopeDeploy, Roles: developers},
		"stage.read":        {Scope: ScopeRead, Roles: members, Anywhere: true},
		"definition.read":   {Scope: ScopeRead, Roles: members, Anywhere: true},
		"module.read":       {Scope: ScopeRead, Roles: members, Anywhere: true, Run: true},
		"landing-zone.read": {Scope: ScopeRead, Roles: members, Anywhere: true},
		"workload.deploy":   {Scope: ScopeDeploy, Roles: developers, Below: true},
		"workload.verify":   {Scope: ScopeDeploy, Roles: []Role{Developer, Approver, Admin}},
		"workload.destroy":  {Scope: ScopeDeploy, Roles: developers},
		"workload.orphan":   {Scope: ScopeDeploy, Roles: admins},
		"output.take":       {Scope: ScopeDeploy, Roles: developers},
		"artifact.upload":   {Scope: ScopeDeploy, Roles: developers, Below: true},
		"run.discard":       {Scope: ScopeDeploy, Roles: developers},
		"run.cancel":        {Scope: ScopeDeploy, Roles: developers},
		"leak.scan":         {Scope: ScopeDeploy, Roles: []Role{Developer, Approver, Admin}, Below: true},
		// Where a value stands in the clear is for who mends it.
		"leak.read":       {Scope: ScopeRead, Roles: []Role{Auditor, Developer, Approver, Admin}, Anywhere: true, Below: true},
		"leak.allow":      {Scope: ScopeApprove, Roles: []Role{Approver, Admin}},
		"secret.write":    {Scope: ScopeSecrets, Roles: developers},
		"run.approve":     {Scope: ScopeApprove, Roles: []Role{Approver, Admin}},
		"release.approve": {Scope: ScopeApprove, Roles: []Role{Approver, Admin}},
		"policy.override": {Scope: ScopeApprove, Roles: []Role{Approver, Admin}},
		"policy.read":     {Scope: ScopeRead, Roles: members, Below: true},
		"policy.evaluate": {Scope: ScopeDeploy, Roles: []Role{Developer, Approver, Admin}, Below: true},
		"policy.assign":   {Scope: ScopeAdmin, Roles: admins},
		// Everybody sees who is exempt from what; who may let a run pass may exempt, but
		// from what is hard-mandatory only admins.
		"exemption.read":         {Scope: ScopeRead, Roles: members},
		"exemption.request":      {Scope: ScopeDeploy, Roles: []Role{Developer, Approver, Admin}},
		"exemption.approve":      {Scope: ScopeApprove, Roles: []Role{Approver, Admin}},
		"exemption.approve-hard": {Scope: ScopeApprove, Roles: admins},
		"exemption.revoke":       {Scope: ScopeApprove, Roles: []Role{Approver, Admin}},
		"project.create":         {Scope: ScopeAdmin, Roles: admins},
		"tags.read":              {Scope: ScopeRead, Roles: members, Anywhere: true},
		"tags.set":               {Scope: ScopeAdmin, Roles: admins},
		"module.publish":         {Scope: ScopeAdmin, Roles: admins},
		"definition.apply":       {Scope: ScopeAdmin, Roles: admins},
		"definition.delete":      {Scope: ScopeAdmin, Roles: admins},
		"landing-zone.set":       {Scope: ScopeAdmin, Roles: admins},
		"stage.set":              {Scope: ScopeAdmin, Roles: admins},
		"runner.create":          {Scope: ScopeAdmin, Roles: admins},
		"runner.delete":          {Scope: ScopeAdmin, Roles: admins},
		"runner.read":            {Scope: ScopeRead, Roles: members, Anywhere: true},
		// Names are part of what workloads say of themselves, so who sees these sees them.
		"secret.list": {Scope: ScopeRead, Roles: append([]Role{SecretReader}, members...), Below: true},
		"secret.read": {Scope: ScopeSecrets, Roles: []Role{SecretReader, Admin}},
		// A sync reads every secret of a stage, or writes them, from then on.
		"secret.sync":     {Scope: ScopeSecrets, Roles: admins},
		"key.read":        {Scope: ScopeAdmin, Roles: admins},
		"key.rotate":      {Scope: ScopeAdmin, Roles: admins},
		"state.read":      {Scope: ScopeSecrets, Roles: admins},
		"source.read":     {Scope: ScopeRead, Roles: members, Anywhere: true},
		"source.set":      {Scope: ScopeAdmin, Roles: admins},
		"source.allow":    {Scope: ScopeApprove, Roles: []Role{Approver, Admin}},
		"source.override": {Scope: ScopeApprove, Roles: admins},
		"source.trust":    {Scope: ScopeAdmin, Roles: admins},
		"repo.read":       {Scope: ScopeRead, Roles: members, Below: true},
		"repo.push":       {Scope: ScopeDeploy, Roles: developers},
		"repo.create":     {Scope: ScopeDeploy, Roles: developers},
		"pr.create":       {Scope: ScopeDeploy, Roles: developers},
		"pr.merge":        {Scope: ScopeDeploy, Roles: []Role{Developer, Approver, Admin}},
		"pr.approve":      {Scope: ScopeApprove, Roles: []Role{Developer, Approver, Admin}},
		"repo.connect":    {Scope: ScopeAdmin, Roles: admins},
		"repo.bind":       {Scope: ScopeAdmin, Roles: admins},
		"repo.delete":     {Scope: ScopeAdmin, Roles: admins},
		"state.write":     {Scope: ScopeSecrets, Roles: admins},

		// A preview reads all that is applied, as who reads states does.
		"compliance.read":     {Scope: ScopeRead, Roles: members},
		"compliance.evaluate": {Scope: ScopeDeploy, Roles: []Role{Developer, Approver, Admin}},
		"compliance.preview":  {Scope: ScopeAdmin, Roles: admins},

		"cost.read":       {Scope: ScopeRead, Roles: members},
		"cost.import":     {Scope: ScopeAdmin, Roles: admins},
		"cost.rules":      {Scope: ScopeAdmin, Roles: admins},
		"budget.read":     {Scope: ScopeRead, Roles: members, Anywhere: true},
		"budget.set":      {Scope: ScopeAdmin, Roles: admins},
		"lifetime.read":   {Scope: ScopeRead, Roles: members},
		"lifetime.extend": {Scope: ScopeDeploy, Roles: developers},
		"maturity.read":   {Scope: ScopeRead, Roles: members},
		"maturity.answer": {Scope: ScopeAdmin, Roles: admins},

		"subscription.read": {Scope: ScopeRead, Roles: members, Below: true},
		// Of events everybody sees those about what they may read.
		"event.read": {Scope: ScopeRead, Roles: members, Anywhere: true},
		"rule.read":  {Scope: ScopeRead, Roles: members, Below: true},
		"rule.write": {Scope: ScopeDeploy, Roles: developers},

		"config.read": {Scope: ScopeRead, Roles: members, Below: true},
		// What counts changes by commits, which have rules of their own; this is who may
		// have one made.
		"config.write":   {Scope: ScopeDeploy, Roles: developers},
		"config.connect": {Scope: ScopeAdmin, Roles: admins},
		// A token reads the secrets of its workload.
		"config.token": {Scope: ScopeSecrets, Roles: admins},
		// Events tell what the audit log tells.
		"subscription.write": {Scope: ScopeAdmin, Roles: admins},
	}
	maps.Copy(all, perimeterDecisions())
	maps.Copy(all, accessDecisions())
	return all
}

// perimeterDecisions are those about the gateway and the APIs behind it.
func perimeterDecisions() map[string]Decision {
	members := []Role{Viewer, Auditor, Developer, Approver, Admin}
	developers, admins := []Role{Developer, Admin}, []Role{Admin}
	return map[string]Decision{
		"gateway.read":  {Scope: ScopeRead, Roles: members, Anywhere: true, Below: true},
		"gateway.write": {Scope: ScopeDeploy, Roles: developers},
		// What no route is found for is of no tenant, and whoever runs the platform sees it.
		"gateway.read-unrouted": {Scope: ScopeRead, Roles: []Role{Operator}, Platform: true},
		// Who operates a stage drops what is stored there; nothing is changed by it.
		"gateway.purge": {Scope: ScopeDeploy, Roles: []Role{Developer, Approver, Admin}},
		// A policy of a project or a tenant holds for the routes of others.
		"gateway.govern": {Scope: ScopeAdmin, Roles: admins},
		// A subscription is asked for where its consumer is, and decided where the product is.
		"gateway-subscription.read":    {Scope: ScopeRead, Roles: members},
		"gateway-subscription.create":  {Scope: ScopeDeploy, Roles: developers},
		"gateway-subscription.approve": {Scope: ScopeApprove, Roles: []Role{Approver, Admin}},
		"gateway-subscription.manage":  {Scope: ScopeDeploy, Roles: developers},

		// Who may call whom on a stage is decided by those who deploy there.
		"mesh.read":  {Scope: ScopeRead, Roles: members},
		"mesh.write": {Scope: ScopeDeploy, Roles: developers},

		// A domain is bound to a project, or is all of the tenant's; a claim alone opens nothing.
		"gateway-domain.read":  {Scope: ScopeRead, Roles: members, Anywhere: true, Below: true},
		"gateway-domain.write": {Scope: ScopeAdmin, Roles: admins},
		// An approval stands for the proof that DNS gives.
		"gateway-domain.approve": {Scope: ScopeAdmin, Roles: []Role{Operator}, Platform: true},
		"gateway-domain.revoke":  {Scope: ScopeAdmin, Roles: []Role{Operator}, Platform: true},

		"certificate.read": {Scope: ScopeRead, Roles: members, Anywhere: true, Below: true},
		// Who has a certificate of a workload is that workload to others.
		"certificate.issue":  {Scope: ScopeAdmin, Roles: admins},
		"certificate.revoke": {Scope: ScopeAdmin, Roles: admins},
		// The authorities are those of all tenants.
		"certificate-authority.manage": {Scope: ScopeAdmin, Roles: []Role{Operator}, Platform: true},

		// Whoever consumes sees what events carry, and a grant opens a topic past this table.
		"topic.read":    {Scope: ScopeRead, Roles: members, Below: true},
		"topic.write":   {Scope: ScopeDeploy, Roles: developers},
		"topic.publish": {Scope: ScopeDeploy, Roles: developers},
		"topic.consume": {Scope: ScopeDeploy, Roles: developers},
		"topic.grant":   {Scope: ScopeSecrets, Roles: developers},

		// A key lets whoever has it order certificates for the names of its scope.
		"acme.read":  {Scope: ScopeRead, Roles: members, Anywhere: true, Below: true},
		"acme.write": {Scope: ScopeAdmin, Roles: admins},

		// Records are part of what runs; zones, keys and endpoints are of who governs the project.
		"dns.read":   {Scope: ScopeRead, Roles: members, Anywhere: true, Below: true},
		"dns.record": {Scope: ScopeDeploy, Roles: developers},
		"dns.write":  {Scope: ScopeAdmin, Roles: admins},
		// Whose addresses are whose holds for all tenants, and so does what all see.
		"dns.govern": {Scope: ScopeAdmin, Roles: []Role{Operator}, Platform: true},

		"api.read":    {Scope: ScopeRead, Roles: members, Anywhere: true, Below: true},
		"api.write":   {Scope: ScopeDeploy, Roles: developers, Below: true},
		"api.publish": {Scope: ScopeDeploy, Roles: developers},
		"api.approve": {Scope: ScopeApprove, Roles: []Role{Approver, Admin}},
		"api.guide":   {Scope: ScopeAdmin, Roles: admins},
	}
}

// accessDecisions are those about who may do what.
func accessDecisions() map[string]Decision {
	members, admins, operators := []Role{Viewer, Auditor, Developer, Approver, Admin}, []Role{Admin}, []Role{Operator}
	return map[string]Decision{
		"access.read":          {Scope: ScopeRead, Roles: members, Below: true},
		"access.grant":         {Scope: ScopeAdmin, Roles: admins},
		"quota.read":           {Scope: ScopeRead, Roles: members, Anywhere: true},
		"quota.set":            {Scope: ScopeAdmin, Roles: admins},
		"budget.read-tenant":   {Scope: ScopeAdmin, Roles: operators, Platform: true},
		"budget.set-tenant":    {Scope: ScopeAdmin, Roles: operators, Platform: true},
		"quota.read-tenant":    {Scope: ScopeAdmin, Roles: operators, Platform: true},
		"quota.set-tenant":     {Scope: ScopeAdmin, Roles: operators, Platform: true},
		"usage.read":           {Scope: ScopeAdmin, Roles: []Role{Auditor, Admin}},
		"usage.read-tenant":    {Scope: ScopeAdmin, Roles: operators, Platform: true},
		"platform.grant":       {Scope: ScopeAdmin, Roles: operators, Platform: true},
		"group.read":           {Scope: ScopeRead, Roles: members, Anywhere: true},
		"group.set":            {Scope: ScopeAdmin, Roles: admins},
		"service-account.read": {Scope: ScopeRead, Roles: members, Below: true},
		"service-account.set":  {Scope: ScopeAdmin, Roles: admins},
		"elevation.request":    {Scope: ScopeAdmin, Roles: members, Anywhere: true},
		"elevation.approve":    {Scope: ScopeApprove, Roles: admins},
		"user.create":          {Scope: ScopeAdmin, Roles: admins},
		"user.disable":         {Scope: ScopeAdmin, Roles: admins},
		"user.delete":          {Scope: ScopeAdmin, Roles: admins},
		"user.reset":           {Scope: ScopeAdmin, Roles: admins},
		"user.read":            {Scope: ScopeAdmin, Roles: admins},
		"token.create":         {Scope: ScopeAdmin, Roles: admins},
		"factor.read":          {Scope: ScopeAdmin, Roles: admins},
		"factor.set":           {Scope: ScopeAdmin, Roles: admins},
		"session.read":         {Scope: ScopeAdmin, Roles: admins},
		"session.end":          {Scope: ScopeAdmin, Roles: admins},
		"client.read":          {Scope: ScopeAdmin, Roles: admins},
		"client.register":      {Scope: ScopeAdmin, Roles: admins},
		"tenant.create":        {Scope: ScopeAdmin, Roles: operators, Platform: true},
		"tenant.read":          {Scope: ScopeRead, Roles: operators, Platform: true},
		"tenant.suspend":       {Scope: ScopeAdmin, Roles: operators, Platform: true},
		"tenant.offboard":      {Scope: ScopeAdmin, Roles: operators, Platform: true},
		"tenant.export":        {Scope: ScopeAdmin, Roles: admins},
		"key.rotate-root":      {Scope: ScopeAdmin, Roles: operators, Platform: true},
		"key.destroy":          {Scope: ScopeAdmin, Roles: operators, Platform: true},
		"signing-key.read":     {Scope: ScopeAdmin, Roles: operators, Platform: true},
		"signing-key.rotate":   {Scope: ScopeAdmin, Roles: operators, Platform: true},
		"upstream.read":        {Scope: ScopeAdmin, Roles: admins},
		"upstream.set":         {Scope: ScopeAdmin, Roles: admins},
		"trust.read":           {Scope: ScopeAdmin, Roles: admins},
		"trust.set":            {Scope: ScopeAdmin, Roles: admins},
		"audit.read":           {Scope: ScopeAdmin, Roles: []Role{Auditor, Admin}},
		"audit.sign":           {Scope: ScopeAdmin, Roles: []Role{Auditor, Admin}},
		// Members see what happened in their projects, as its events tell them.
		"audit.list":       {Scope: ScopeRead, Roles: members, Below: true},
		"audit-key.rotate": {Scope: ScopeAdmin, Roles: operators, Platform: true},
	}
}
