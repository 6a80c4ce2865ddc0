package apiclient_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// operation is what the document says of one operation.
type operation struct {
	OperationID string `yaml:"operationId"`
	Parameters  []struct {
		Name, In string
		Required bool
	}
	RequestBody struct{ Content map[string]any } `yaml:"requestBody"`
}

// calls makes one call by every method of the client.
func calls(ctx context.Context, c *apiclient.Client) map[string]func() error {
	const p, id = "shop", "run_1"
	e := func(_ any, err error) error { return err }
	nothing := func(apiclient.RunEvent) error { return nil }
	all := map[string]func() error{
		"SignIn":        func() error { return e(c.SignIn(ctx, "acme", "ada", "x")) },
		"SignInAnew":    func() error { return e(c.SignInAnew(ctx, "acme", "ada", "x", "another long one")) },
		"Tenants":       func() error { return e(c.Tenants(ctx, "active")) },
		"Tenant":        func() error { return e(c.Tenant(ctx, "acme")) },
		"CreateTenant":  func() error { return e(c.CreateTenant(ctx, apiclient.CreateTenantRequest{})) },
		"RenameTenant":  func() error { return e(c.RenameTenant(ctx, "acme", "Acme")) },
		"SuspendTenant": func() error { return e(c.SuspendTenant(ctx, "acme", "x")) },
		"ExportTenant": func() error {
			r, err := c.ExportTenant(ctx, "acme", apiclient.ExportTenantRequest{Recipients: []string{"age1x"}})
			if err != nil {
				return err
			}
			return r.Close()
		},
		"ResumeTenant": func() error { return e(c.ResumeTenant(ctx, "acme", "x")) },
		"SetTenantRecipients": func() error {
			return e(c.SetTenantRecipients(ctx, "acme", apiclient.SetTenantRecipientsRequest{Keys: []string{"age1x"}}))
		},
		"OffboardTenant":          func() error { return e(c.OffboardTenant(ctx, "acme", apiclient.OffboardTenantRequest{})) },
		"TenantArchive":           func() error { return e(c.TenantArchive(ctx, "acme")) },
		"RemoveTenantArchive":     func() error { return c.RemoveTenantArchive(ctx, "acme") },
		"KeepTenant":              func() error { return e(c.KeepTenant(ctx, "acme", "x")) },
		"Leaks":                   func() error { return e(c.Leaks(ctx, apiclient.ListLeaksParams{})) },
		"Leak":                    func() error { return e(c.Leak(ctx, "leak_1")) },
		"AllowLeak":               func() error { return e(c.AllowLeak(ctx, "leak_1", apiclient.AllowLeakRequest{})) },
		"ResolveLeak":             func() error { return e(c.ResolveLeak(ctx, "leak_1", apiclient.ResolveLeakRequest{})) },
		"ScanText":                func() error { return e(c.ScanText(ctx, p, apiclient.ScanTextRequest{})) },
		"Me":                      func() error { return e(c.Me(ctx)) },
		"ChangePassword":          func() error { return c.ChangePassword(ctx, "a", "b") },
		"Quotas":                  func() error { return e(c.Quotas(ctx, apiclient.GetQuotasParams{})) },
		"Usage":                   func() error { return e(c.Usage(ctx, apiclient.ListUsageParams{})) },
		"SetQuotas":               func() error { return e(c.SetQuotas(ctx, apiclient.SetQuotasParams{}, apiclient.SetQuotasRequest{})) },
		"Status":                  func() error { return e(c.Status(ctx)) },
		"Users":                   func() error { return e(c.Users(ctx)) },
		"TrustRules":              func() error { return e(c.TrustRules(ctx)) },
		"CreateTrustRule":         func() error { return e(c.CreateTrustRule(ctx, apiclient.NewTrustRule{})) },
		"DeleteTrustRule":         func() error { return c.DeleteTrustRule(ctx, "shop") },
		"TestTrustRules":          func() error { return e(c.TestTrustRules(ctx, "token")) },
		"Upstreams":               func() error { return e(c.Upstreams(ctx)) },
		"Upstream":                func() error { return e(c.Upstream(ctx, "corp")) },
		"CreateUpstream":          func() error { return e(c.CreateUpstream(ctx, apiclient.NewUpstream{})) },
		"UpdateUpstream":          func() error { return e(c.UpdateUpstream(ctx, "corp", apiclient.UpstreamSettings{})) },
		"DeleteUpstream":          func() error { return c.DeleteUpstream(ctx, "corp", apiclient.DeleteUpstreamParams{Users: "disable"}) },
		"DeleteUser":              func() error { return c.DeleteUser(ctx, "ada", apiclient.DeleteUserParams{Reason: "left"}) },
		"CheckUpstream":           func() error { return e(c.CheckUpstream(ctx, "corp")) },
		"SetUpstreamRules":        func() error { return e(c.SetUpstreamRules(ctx, "corp", "rules: []")) },
		"TestUpstreamRules":       func() error { return e(c.TestUpstreamRules(ctx, "corp", nil)) },
		"UpstreamLinks":           func() error { return e(c.UpstreamLinks(ctx, "ada")) },
		"DeleteUpstreamLink":      func() error { return c.DeleteUpstreamLink(ctx, "lnk_1") },
		"OAuthClients":            func() error { return e(c.OAuthClients(ctx)) },
		"OAuthClient":             func() error { return e(c.OAuthClient(ctx, id)) },
		"CreateOAuthClient":       func() error { return e(c.CreateOAuthClient(ctx, apiclient.CreateOauthClientRequest{})) },
		"SignInSessions":          func() error { return e(c.SignInSessions(ctx, "")) },
		"EndSignInSession":        func() error { return c.EndSignInSession(ctx, "", id) },
		"DeleteOAuthClient":       func() error { return c.DeleteOAuthClient(ctx, id) },
		"Factors":                 func() error { return e(c.Factors(ctx, "")) },
		"BeginTOTP":               func() error { return e(c.BeginTOTP(ctx, apiclient.FactorProof{})) },
		"ConfirmTOTP":             func() error { return e(c.ConfirmTOTP(ctx, apiclient.ConfirmTotpRequest{})) },
		"MakeRecoveryCodes":       func() error { return e(c.MakeRecoveryCodes(ctx, apiclient.FactorProof{})) },
		"RemoveFactor":            func() error { return c.RemoveFactor(ctx, id, apiclient.FactorProof{}) },
		"ResetFactors":            func() error { return e(c.ResetFactors(ctx, "ada", apiclient.ResetFactorsRequest{})) },
		"ResetPassword":           func() error { return e(c.ResetPassword(ctx, "ada", apiclient.ResetPasswordRequest{})) },
		"FactorPolicy":            func() error { return e(c.FactorPolicy(ctx)) },
		"SetFactorPolicy":         func() error { return e(c.SetFactorPolicy(ctx, apiclient.SetFactorPolicyRequest{})) },
		"SigningKeys":             func() error { return e(c.SigningKeys(ctx)) },
		"RotateSigningKey":        func() error { return e(c.RotateSigningKey(ctx, "ES256")) },
		"RotateOAuthClientSecret": func() error { return e(c.RotateOAuthClientSecret(ctx, id)) },
		"CreateUser":              func() error { return e(c.CreateUser(ctx, apiclient.CreateUserRequest{})) },
		"SetUserDisabled":         func() error { return e(c.SetUserDisabled(ctx, "ada", true)) },
		"RequestDriftChecks":      func() error { return e(c.RequestDriftChecks(ctx, p, "dev", "orders")) },
		"DriftCheck":              func() error { return e(c.DriftCheck(ctx, p, id)) },
		"Drifts": func() error {
			return e(c.Drifts(ctx, p, apiclient.ListDriftParams{Stage: "dev", Workload: "orders", Severity: "low", Status: "open", All: true}))
		},
		"Drift":            func() error { return e(c.Drift(ctx, p, id)) },
		"DriftCounts":      func() error { return e(c.DriftCounts(ctx, p)) },
		"AcceptDrift":      func() error { return e(c.AcceptDrift(ctx, p, apiclient.DriftDecisionRequest{})) },
		"RevertDrift":      func() error { return e(c.RevertDrift(ctx, p, apiclient.DriftDecisionRequest{})) },
		"IgnoreDrift":      func() error { return e(c.IgnoreDrift(ctx, p, id, apiclient.IgnoreDriftRequest{})) },
		"ConnectConfig":    func() error { return e(c.ConnectConfig(ctx, p, apiclient.ConnectConfigRequest{})) },
		"ConfigSource":     func() error { return e(c.ConfigSource(ctx, p)) },
		"DisconnectConfig": func() error { return c.DisconnectConfig(ctx, p) },
		"Config": func() error {
			return e(c.Config(ctx, p, apiclient.GetConfigParams{Workload: "orders", Stage: "dev", Revision: "3f2a9c1"}))
		},
		"ExplainConfig": func() error {
			return e(c.ExplainConfig(ctx, p, "k", apiclient.ExplainConfigParams{Workload: "orders", Stage: "dev"}))
		},
		"ConfigRevisions": func() error { return e(c.ConfigRevisions(ctx, p, "k")) },
		"DiffConfig": func() error {
			return e(c.DiffConfig(ctx, p, apiclient.DiffConfigParams{From: "a", To: "b", Workload: "orders", Stage: "dev", ToStage: "prod"}))
		},
		"RollBackConfig":    func() error { return e(c.RollBackConfig(ctx, p, apiclient.RollBackConfigRequest{})) },
		"EvaluateFlag":      func() error { return e(c.EvaluateFlag(ctx, p, "f", apiclient.EvaluateFlagRequest{})) },
		"CreateConfigToken": func() error { return e(c.CreateConfigToken(ctx, p, apiclient.CreateConfigTokenRequest{})) },
		"ConfigTokens":      func() error { return e(c.ConfigTokens(ctx, p)) },
		"RevokeConfigToken": func() error { return c.RevokeConfigToken(ctx, p, id) },
		"Budgets":           func() error { return e(c.Budgets(ctx, "", p)) },
		"GivenTags": func() error {
			return e(c.GivenTags(ctx, p, apiclient.GetGivenTagsParams{Workload: "orders", Stage: "dev"}))
		},
		"Tags":    func() error { return e(c.Tags(ctx, p)) },
		"SetTags": func() error { return e(c.SetTags(ctx, p, apiclient.SetTagsRequest{})) },
		"Lifetimes": func() error {
			return e(c.Lifetimes(ctx, p, apiclient.ListLifetimesParams{Stage: "dev", Workload: "orders"}))
		},
		"ExtendLifetime": func() error { return e(c.ExtendLifetime(ctx, p, apiclient.ExtendLifetimeRequest{})) },
		"Budget":         func() error { return e(c.Budget(ctx, "", "shop")) },
		"SetBudget":      func() error { return e(c.SetBudget(ctx, "", "shop", apiclient.SetBudgetRequest{})) },
		"DeleteBudget":   func() error { return c.DeleteBudget(ctx, "", "shop", "r") },
		"BudgetHistory":  func() error { return e(c.BudgetHistory(ctx, "", "shop")) },
		"APIs":           func() error { return e(c.APIs(ctx, p)) },
		"API":            func() error { return e(c.API(ctx, p, "orders", "v1")) },
		"UploadAPI":      func() error { return e(c.UploadAPI(ctx, p, "orders", "v1", apiclient.UploadAPIRequest{})) },
		"APIRevisions":   func() error { return e(c.APIRevisions(ctx, p, "orders", "v1")) },
		"APIDocument":    func() error { return e(c.APIDocument(ctx, p, "orders", "v1", 1)) },
		"APIChanges":     func() error { return e(c.APIChanges(ctx, p, "orders", "v1", apiclient.GetAPIChangesParams{From: 1})) },
		"APIConsumers": func() error {
			return e(c.APIConsumers(ctx, p, "orders", "v1", apiclient.GetAPIConsumersParams{Days: 3}))
		},
		"PublishAPI":   func() error { return e(c.PublishAPI(ctx, p, "orders", "v1", apiclient.PublishAPIRequest{})) },
		"DeprecateAPI": func() error { return e(c.DeprecateAPI(ctx, p, "orders", "v1", apiclient.DeprecateAPIRequest{})) },
		"FollowAPIs": func() error {
			return e(c.FollowAPIs(ctx, p, "orders", apiclient.FollowAPIRepositoryRequest{}))
		},
		"FollowedAPIs": func() error { return e(c.FollowedAPIs(ctx, p)) },
		"UnfollowAPIs": func() error { return c.UnfollowAPIs(ctx, p, "orders") },
		"UndeprecateAPI": func() error {
			return e(c.UndeprecateAPI(ctx, p, "orders", "v1", apiclient.UndeprecateAPIRequest{}))
		},
		"RetireAPI": func() error { return e(c.RetireAPI(ctx, p, "orders", "v1", apiclient.RetireAPIRequest{})) },
		"RequestAPIOverride": func() error {
			return e(c.RequestAPIOverride(ctx, p, "orders", "v1", apiclient.RequestAPIOverrideRequest{}))
		},
		"APIOverrides":       func() error { return e(c.APIOverrides(ctx, p)) },
		"ApproveAPIOverride": func() error { return e(c.ApproveAPIOverride(ctx, p, "apio_1", "")) },
		"LintAPI":            func() error { return e(c.LintAPI(ctx, p, "x")) },
		"APIGuide":           func() error { return e(c.APIGuide(ctx)) },
		"SetAPIGuide":        func() error { return e(c.SetAPIGuide(ctx, "")) },
		"AcceptBudgetClock":  func() error { return c.AcceptBudgetClock(ctx, apiclient.AcceptBudgetClockRequest{}) },
		"Tokens":             func() error { return e(c.Tokens(ctx)) },
		"CreateToken":        func() error { return e(c.CreateToken(ctx, "ada", apiclient.CreateTokenRequest{})) },
		"RevokeToken":        func() error { return c.RevokeToken(ctx, "tok_1") },
		"Projects":           func() error { return e(c.Projects(ctx)) },
		"Project":            func() error { return e(c.Project(ctx, p)) },
		"CreateProject":      func() error { return e(c.CreateProject(ctx, apiclient.CreateProjectRequest{})) },
		"SetProjectTags":     func() error { return e(c.SetProjectTags(ctx, p, apiclient.SetProjectTagsRequest{})) },
		"UserTokens":         func() error { return e(c.UserTokens(ctx, "ada")) },
		"RevokeUserToken":    func() error { return c.RevokeUserToken(ctx, "ada", "tok_1") },
		"CreateServiceAccountToken": func() error {
			return e(c.CreateServiceAccountToken(ctx, "ci", apiclient.CreateTokenRequest{Name: "x"}))
		},
		"ServiceAccountTokens":      func() error { return e(c.ServiceAccountTokens(ctx, "ci")) },
		"RevokeServiceAccountToken": func() error { return c.RevokeServiceAccountToken(ctx, "ci", "tok_1") },
		"Grants":                    func() error { return e(c.Grants(ctx, apiclient.ListGrantsParams{Project: p})) },
		"CreateGrant": func() error {
			subject := apiclient.GrantSubject{Kind: apiclient.IdentitySubjectKindUser, Name: "ada"}
			return e(c.CreateGrant(ctx, apiclient.CreateGrantRequest{Subject: subject, Role: apiclient.IdentityRoleViewer}))
		},
		"DeleteGrant":   func() error { return e(c.DeleteGrant(ctx, "grt_1", "done")) },
		"ExplainAccess": func() error { return e(c.ExplainAccess(ctx, apiclient.ExplainAccessParams{Action: "run.read"})) },
		"AccessActions": func() error { return e(c.AccessActions(ctx)) },
		"RequestElevation": func() error {
			return e(c.RequestElevation(ctx, apiclient.RequestElevationRequest{Role: apiclient.IdentityRoleAdmin, Minutes: 60, Reason: "r"}))
		},
		"Elevations": func() error { return e(c.Elevations(ctx, apiclient.ListElevationsParams{Project: p})) },
		"DecideElevation": func() error {
			return e(c.DecideElevation(ctx, "elv_1", apiclient.DecideElevationRequest{Approve: true}))
		},
		"EndElevation":  func() error { return e(c.EndElevation(ctx, "elv_1", "done")) },
		"ElevationRule": func() error { return e(c.ElevationRule(ctx, apiclient.GetElevationRuleParams{Project: p})) },
		"SetElevationRule": func() error {
			return e(c.SetElevationRule(ctx, apiclient.SetElevationRuleParams{Project: p}, apiclient.ElevationRule{Users: []string{}, Groups: []string{}}))
		},
		"Groups":                    func() error { return e(c.Groups(ctx)) },
		"CreateGroup":               func() error { return e(c.CreateGroup(ctx, apiclient.CreateGroupRequest{Name: "g"})) },
		"DeleteGroup":               func() error { return c.DeleteGroup(ctx, "g") },
		"GroupMembers":              func() error { return e(c.GroupMembers(ctx, "g")) },
		"AddGroupMember":            func() error { return c.AddGroupMember(ctx, "g", "ada") },
		"RemoveGroupMember":         func() error { return c.RemoveGroupMember(ctx, "g", "ada") },
		"ServiceAccounts":           func() error { return e(c.ServiceAccounts(ctx, apiclient.ListServiceAccountsParams{Project: p})) },
		"CreateServiceAccount":      func() error { return e(c.CreateServiceAccount(ctx, apiclient.CreateServiceAccountRequest{Name: "ci"})) },
		"SetServiceAccountDisabled": func() error { return e(c.SetServiceAccountDisabled(ctx, "ci", true)) },
		"DeleteServiceAccount":      func() error { return c.DeleteServiceAccount(ctx, "ci") },
		"Audit": func() error {
			return e(c.Audit(ctx, apiclient.ListAuditEntriesParams{Limit: 1, Project: p, Stage: "dev", Type: "t", Subject: "s", Actor: "a", Since: time.Unix(0, 0)}, 1))
		},
		"ExportAudit": func() error {
			r, err := c.ExportAudit(ctx, apiclient.ExportAuditParams{From: 3, Until: time.Unix(0, 0)})
			if err == nil {
				err = r.Close()
			}
			return err
		},
		"AuditHeads":     func() error { return e(c.AuditHeads(ctx, 1)) },
		"SignAuditHead":  func() error { return e(c.SignAuditHead(ctx)) },
		"AuditKeys":      func() error { return e(c.AuditKeys(ctx)) },
		"RotateAuditKey": func() error { return e(c.RotateAuditKey(ctx)) },
		"ListEvents": func() error {
			_, _, err := c.ListEvents(ctx, apiclient.ListEventsParams{Project: p, Type: []string{"run.*"}, Subject: []string{id}, Stage: "dev", Filters: "[]"}, 5)
			return err
		},
		"EventTypes": func() error { return e(c.EventTypes(ctx)) },
		"WatchEvents": func() error {
			return c.WatchEvents(ctx, apiclient.ListEventsParams{Project: p}, 7, func(apiclient.Watched) error { return nil })
		},
		"Subscriptions":      func() error { return e(c.Subscriptions(ctx, p)) },
		"Subscription":       func() error { return e(c.Subscription(ctx, p, "chat")) },
		"CreateSubscription": func() error { return e(c.CreateSubscription(ctx, p, apiclient.CreateSubscriptionRequest{})) },
		"DeleteSubscription": func() error { return c.DeleteSubscription(ctx, p, "chat") },
		"PauseSubscription":  func() error { return e(c.PauseSubscription(ctx, p, "chat", "r")) },
		"ResumeSubscription": func() error { return e(c.ResumeSubscription(ctx, p, "chat")) },
		"TestSubscription":   func() error { return e(c.TestSubscription(ctx, p, "chat")) },
		"RotateSubscription": func() error { return e(c.RotateSubscription(ctx, p, "chat", "")) },
		"Deliveries":         func() error { return e(c.Deliveries(ctx, p, "chat", "dead", 5)) },
		"Redeliver":          func() error { return e(c.Redeliver(ctx, p, "chat", []string{"evt_1"})) },
		"Rules":              func() error { return e(c.Rules(ctx, p)) },
		"Rule":               func() error { return e(c.Rule(ctx, p, "try")) },
		"ApplyRule":          func() error { return e(c.ApplyRule(ctx, p, apiclient.ApplyRuleRequest{})) },
		"DeleteRule":         func() error { return c.DeleteRule(ctx, p, "try") },
		"RuleHistory":        func() error { return e(c.RuleHistory(ctx, p, "try", "done", 5)) },
		"VerifyAudit":        func() error { return e(c.VerifyAudit(ctx, apiclient.VerifyAuditParams{From: 2})) },
		"Definitions":        func() error { return e(c.Definitions(ctx)) },
		"Definition":         func() error { return e(c.Definition(ctx, "cache")) },
		"ApplyDefinition":    func() error { return e(c.ApplyDefinition(ctx, "cache", "source")) },
		"DeleteDefinition":   func() error { return c.DeleteDefinition(ctx, "cache") },
		"Modules":            func() error { return e(c.Modules(ctx)) },
		"PublishModule": func() error {
			m := apiclient.ModuleVersion{Namespace: "n", Name: "m", System: "s", Version: "1.0.0"}
			return e(c.PublishModule(ctx, m, strings.NewReader("tar"), 3))
		},
		"ModuleBlastRadius": func() error {
			m := apiclient.ModuleVersion{Namespace: "n", Name: "m", System: "s", Version: "1.0.0"}
			return e(c.ModuleBlastRadius(ctx, m, strings.NewReader("tar"), 3, apiclient.ModuleBlastRadiusParams{Stage: "dev"}))
		},
		"DefinitionBlastRadius": func() error {
			return e(c.DefinitionBlastRadius(ctx, map[string]string{"cache": "source"}, apiclient.DefinitionBlastRadiusParams{Plan: true}))
		},
		"LandingZone":         func() error { return e(c.LandingZone(ctx, "dev", 1)) },
		"LandingZoneVersions": func() error { return e(c.LandingZoneVersions(ctx, "dev")) },
		"LandingZoneInputs":   func() error { return e(c.LandingZoneInputs(ctx, "dev", apiclient.ReadLandingZoneInputsRequest{})) },
		"SetLandingZone":      func() error { return e(c.SetLandingZone(ctx, "dev", nil)) },
		"CheckReferences":     func() error { return e(c.CheckReferences(ctx, p, apiclient.CheckReferencesRequest{})) },
		"CheckDeployment":     func() error { return c.CheckDeployment(ctx, p, apiclient.CheckDeploymentRequest{}) },
		"Deploy":              func() error { return e(c.Deploy(ctx, p, apiclient.DeployRequest{})) },
		"Promote":             func() error { return e(c.Promote(ctx, p, "orders", apiclient.PromoteRequest{})) },
		"Rollback":            func() error { return e(c.Rollback(ctx, p, "orders", apiclient.RollBackRequest{})) },
		"Destroy":             func() error { return e(c.Destroy(ctx, p, "orders", apiclient.DestroyRequest{})) },
		"HasArtifact":         func() error { _ = c.HasArtifact(ctx, p, kernel.DigestOf(nil)); return nil },
		"PutArtifact":         func() error { return e(c.PutArtifact(ctx, p, strings.NewReader("tar"), 3)) },
		"Graph":               func() error { return e(c.Graph(ctx, p, "score", "dev")) },
		"Workloads":           func() error { return e(c.Workloads(ctx, p)) },
		"Workload":            func() error { return e(c.Workload(ctx, p, "orders")) },
		"Releases":            func() error { return e(c.Releases(ctx, p, "orders")) },
		"Release":             func() error { return e(c.Release(ctx, p, "rel_1")) },
		"Stages":              func() error { return e(c.Stages(ctx)) },
		"Services":            func() error { return e(c.Services(ctx, p, "dev")) },
		"Secrets":             func() error { return e(c.Secrets(ctx, p, "dev")) },
		"SecretSync":          func() error { return e(c.SecretSync(ctx, p, "dev")) },
		"SetSecretSync":       func() error { return e(c.SetSecretSync(ctx, p, "dev", apiclient.SetSecretSyncRequest{})) },
		"RemoveSecretSync":    func() error { return c.RemoveSecretSync(ctx, p, "dev") },
		"SyncedSecrets":       func() error { return e(c.SyncedSecrets(ctx, p, "dev", "failed")) },
		"RunSecretSync":       func() error { return e(c.RunSecretSync(ctx, p, "dev")) },
		"VaultCertificates":   func() error { return e(c.VaultCertificates(ctx, p, "dev")) },
		"SetVaultCertificate": func() error {
			return e(c.SetVaultCertificate(ctx, p, "dev", "orders", apiclient.SetVaultCertificateRequest{}))
		},
		"RemoveVaultCertificate": func() error { return c.RemoveVaultCertificate(ctx, p, "dev", "orders") },
		"RunVaultCertificate":    func() error { return e(c.RunVaultCertificate(ctx, p, "dev", "orders")) },
		"AdoptSyncedSecret":      func() error { return c.AdoptSyncedSecret(ctx, p, "dev", "db/credentials", "x") },
		"SetSecret":              func() error { return e(c.SetSecret(ctx, p, "dev", "s", apiclient.PutSecretRequest{Value: "v"})) },
		"ConfigureSecret":        func() error { return e(c.ConfigureSecret(ctx, p, "dev", "s", apiclient.ConfigureSecretRequest{})) },
		"Keys":                   func() error { return e(c.Keys(ctx)) },
		"RotateKey":              func() error { return e(c.RotateKey(ctx, "yearly")) },
		"RotateRootKey":          func() error { return e(c.RotateRootKey(ctx, "yearly")) },
		"DestroyKeys": func() error {
			return c.DestroyKeys(ctx, apiclient.DestroyKeysRequest{Tenant: "t", Confirm: "t", Reason: "r"})
		},
		"SecretHistory": func() error { return e(c.SecretHistory(ctx, p, "dev", "s")) },
		"CompareSecret": func() error {
			return e(c.CompareSecret(ctx, p, "s", apiclient.CompareSecretParams{Stage: "dev", From: 1}))
		},
		"RollBackSecret": func() error {
			return e(c.RollBackSecret(ctx, p, "dev", "s", apiclient.RollBackSecretRequest{Version: 1, Reason: "r"}))
		},
		"DeleteSecret": func() error {
			return e(c.DeleteSecret(ctx, p, "s", apiclient.DeleteSecretParams{Stage: "dev", Version: 1}))
		},
		"RestoreSecret": func() error {
			return e(c.RestoreSecret(ctx, p, "dev", "s", apiclient.RestoreSecretRequest{Version: 1}))
		},
		"DestroySecret": func() error {
			return c.DestroySecret(ctx, p, "dev", "s", apiclient.DestroySecretRequest{Versions: []int64{1}})
		},
		"CopySecret": func() error {
			return e(c.CopySecret(ctx, p, "dev", "s", apiclient.CopySecretRequest{To: "test", Reason: "r"}))
		},
		"RotateSecret":  func() error { return e(c.RotateSecret(ctx, p, "dev", "s")) },
		"StateVersions": func() error { return e(c.StateVersions(ctx, p, "orders", "dev")) },
		"State":         func() error { return e(c.State(ctx, p, "orders", apiclient.GetStateParams{Stage: "dev"})) },
		"StateResource": func() error {
			return e(c.StateResource(ctx, p, "orders", apiclient.GetStateResourceParams{Stage: "dev", Address: "a.b"}))
		},
		"DiffState": func() error {
			return e(c.DiffState(ctx, p, "orders", apiclient.DiffStateParams{Stage: "dev", From: "sv_1"}))
		},
		"MoveState":      func() error { return e(c.MoveState(ctx, p, "orders", "dev", apiclient.MoveStateRequest{})) },
		"RemoveState":    func() error { return e(c.RemoveState(ctx, p, "orders", "dev", apiclient.RemoveStateRequest{})) },
		"RollbackState":  func() error { return e(c.RollbackState(ctx, p, "orders", "dev", apiclient.RollBackStateRequest{})) },
		"SetAsideStates": func() error { return e(c.SetAsideStates(ctx, p, "orders", "dev")) },
		"TakeBackState": func() error {
			return e(c.TakeBackState(ctx, p, "orders", "dev", apiclient.TakeBackStateRequest{}))
		},
		"DiscardState": func() error { return c.DiscardState(ctx, p, "orders", "dev", apiclient.DiscardStateRequest{}) },
		"UnlockState":  func() error { return c.UnlockState(ctx, p, "orders", "dev", apiclient.UnlockStateRequest{}) },
		"ImportState": func() error {
			return e(c.ImportState(ctx, p, "orders", apiclient.ImportStateParams{Stage: "dev"}, strings.NewReader("{}"), 2))
		},
		"Runs": func() error {
			return e(c.Runs(ctx, p, apiclient.ListRunsParams{Limit: 1, Workload: "w", Stage: "dev", Status: apiclient.RunStatusFailed}))
		},
		"Run":          func() error { return e(c.Run(ctx, p, id)) },
		"Dossier":      func() error { return e(c.Dossier(ctx, p, id)) },
		"Events":       func() error { return c.Events(ctx, p, id, true, nothing) },
		"Override":     func() error { return e(c.Override(ctx, p, id, apiclient.OverrideRunRequest{})) },
		"Approve":      func() error { return e(c.Approve(ctx, p, id, apiclient.ApproveRunRequest{})) },
		"Discard":      func() error { return e(c.Discard(ctx, p, id, apiclient.DiscardRunRequest{})) },
		"Cancel":       func() error { return e(c.Cancel(ctx, p, id, apiclient.CancelRunRequest{})) },
		"Runners":      func() error { return e(c.Runners(ctx)) },
		"CreateRunner": func() error { return e(c.CreateRunner(ctx, apiclient.CreateRunnerRequest{})) },
		"RemoveRunner": func() error { return c.RemoveRunner(ctx, "r", apiclient.RemoveRunnerParams{Reason: "x"}) },
		"Retry":        func() error { return e(c.Retry(ctx, p, id, apiclient.RetryRunRequest{})) },
		"ExplainRun":   func() error { return e(c.ExplainRun(ctx, p, id)) },
		"Outputs": func() error {
			return e(c.Outputs(ctx, p, "orders", apiclient.GetOutputsParams{Stage: "dev"}))
		},
		"ExplainResource": func() error {
			return e(c.ExplainResource(ctx, p, apiclient.ExplainResourceParams{Workload: "w", Stage: "dev", Resource: "r"}))
		},
		"DossierPage":     func() error { return e(c.DossierPage(ctx, p, id, apiclient.GetDossierParams{Limit: 1, Cursor: "2"})) },
		"ApproveRelease":  func() error { return e(c.ApproveRelease(ctx, p, "rel_1", apiclient.ApproveReleaseRequest{})) },
		"WithdrawRelease": func() error { return e(c.WithdrawRelease(ctx, p, "rel_1", apiclient.WithdrawReleaseRequest{})) },
		"ExplainRelease": func() error {
			return e(c.ExplainRelease(ctx, p, apiclient.ExplainReleaseParams{Release: "rel_1", Stage: "dev"}))
		},
		"Assess": func() error {
			q := apiclient.AssessChangeParams{Operation: apiclient.RunOperationPromote, Stage: "prod", Release: "rel_1"}
			return e(c.Assess(ctx, p, "orders", q))
		},
		"Verify":       func() error { return e(c.Verify(ctx, p, "orders", apiclient.VerifyRequest{})) },
		"Verification": func() error { return e(c.Verification(ctx, p, "ver_1")) },
		"Verifications": func() error {
			return e(c.Verifications(ctx, p, apiclient.ListVerificationsParams{Limit: 1, Workload: "w", Stage: "dev", Run: id}))
		},
		"Rollout": func() error { return e(c.Rollout(ctx, p, "dev", "orders")) },
		"PromoteRollout": func() error {
			return e(c.PromoteRollout(ctx, p, "orders", apiclient.EndRolloutRequest{Stage: "dev"}))
		},
		"AbortRollout": func() error {
			return e(c.AbortRollout(ctx, p, "orders", apiclient.EndRolloutRequest{Stage: "dev"}))
		},
		"Backups": func() error {
			return e(c.Backups(ctx, p, apiclient.ListBackupsParams{Limit: 1, Stage: "dev", Kind: "caches", Name: "n"}))
		},
		"CreateBackup": func() error {
			return e(c.CreateBackup(ctx, p, apiclient.CreateBackupRequest{Stage: "dev", Kind: "caches", Name: "n"}))
		},
		"RestoreBackup": func() error {
			return e(c.RestoreBackup(ctx, p, "bak_1", apiclient.RestoreBackupRequest{Stage: "dev"}))
		},
		"ServiceLogs": func() error {
			q := apiclient.GetServiceLogsParams{Stage: "dev", Lines: 1, Follow: true}
			return c.ServiceLogs(ctx, p, "orders", q, func(apiclient.LogsLine) error { return nil })
		},
	}
	maps.Copy(all, repositoryCalls(ctx, c))
	maps.Copy(all, sourceCalls(ctx, c))
	maps.Copy(all, costCalls(ctx, c))
	maps.Copy(all, gatewayCalls(ctx, c))
	maps.Copy(all, dnsCalls(ctx, c))
	maps.Copy(all, meshCalls(ctx, c))
	maps.Copy(all, topicCalls(ctx, c))
	return all
}

// TestEveryCallIsAnOperation holds every request of the client to the document
// from which its types are generated.
func TestEveryCallIsAnOperation(t *testing.T) {
	t.Parallel()
	operations := operationsOf(t)
	seen := make(chan *http.Request, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen <- r
		_, _ = io.WriteString(w, "{}")
	}))
	t.Cleanup(s.Close)
	c, err := apiclient.New(apiclient.Options{Address: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	table := calls(t.Context(), c)
	for i := range reflect.TypeFor[*apiclient.Client]().NumMethod() {
		name := reflect.TypeFor[*apiclient.Client]().Method(i).Name
		if table[name] == nil && name != "Address" {
			t.Errorf("the table has no call of %s", name)
		}
	}
	for name, call := range table {
		if err := call(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got := <-seen
		if problem := misfit(got, operations); problem != "" {
			t.Errorf("%s: %s %s %s", name, got.Method, got.URL, problem)
		}
	}
}

// misfit tells what of a request the document does not have.
func misfit(r *http.Request, operations map[string]map[string]operation) string {
	for path, methods := range operations {
		op, ok := methods[strings.ToLower(r.Method)]
		if !ok || !pattern(path).MatchString(r.URL.EscapedPath()) {
			continue
		}
		query := r.URL.Query()
		for _, p := range op.Parameters {
			if p.In == "query" && p.Required && !query.Has(p.Name) {
				return "lacks the parameter " + p.Name
			}
			if p.In == "query" {
				query.Del(p.Name)
			}
		}
		media := r.Header.Get("Content-Type")
		if (media != "") != (len(op.RequestBody.Content) > 0) || (media != "" && op.RequestBody.Content[media] == nil && op.RequestBody.Content["*/*"] == nil) {
			return fmt.Sprintf("has a body of type %q", media)
		}
		if len(query) > 0 {
			return fmt.Sprintf("has the unknown parameters %v", query)
		}
		return ""
	}
	return "is no operation"
}

// pattern matches the addresses of a path; a parameter never is a fixed word.
func pattern(path string) *regexp.Regexp {
	return regexp.MustCompile("^" + regexp.MustCompile(`\\\{[^/]*\\\}`).ReplaceAllString(regexp.QuoteMeta(path), "[^/]+") + "$")
}

func operationsOf(t *testing.T) map[string]map[string]operation {
	t.Helper()
	raw, err := os.ReadFile("../../docs/reference/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]map[string]operation
	}
	if err := yaml.Unmarshal(raw, &document); err != nil {
		t.Fatal(err)
	}
	if document.Paths["/api/v1/me"]["get"].OperationID != "get-me" {
		t.Fatal("the document is not Terrace's")
	}
	return document.Paths
}
