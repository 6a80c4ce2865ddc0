package app

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/access/workloadid"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/delivery/runner"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
)

// newIdentities makes what gives runs the identities that their stages have.
func newIdentities(p *platform, a *access, d *delivery) *workloadid.Service {
	return &workloadid.Service{
		Signer: identitySigner{a.provider}, Stages: identityStages{d.stages}, Runs: identityRuns{d.runs, runsql.NewStore(p.db)},
		Journal: a.journal, Tx: p.db, Issuer: p.publicURL(),
	}
}

// identityKeys makes the key for clouds where a stage has an identity: some of them look
// for it when they are told to trust Terrace, before there is a run.
func identityKeys(ctx context.Context, keys *provider.Service, stages *stage.Set) error {
	if !slices.ContainsFunc(stages.All(), func(s stage.Stage) bool { return s.IdentityAudience() != "" }) {
		return nil
	}
	return keys.EnsureKeys(ctx, provider.RS256)
}

// identitySigner signs with the provider's keys; the one for clouds is made when it is
// first needed.
type identitySigner struct{ provider *provider.Service }

func (s identitySigner) Sign(ctx context.Context, algorithm, typ string, claims any) (string, error) {
	if err := s.provider.EnsureKeys(ctx, algorithm); err != nil {
		return "", err
	}
	return s.provider.Sign(ctx, algorithm, typ, claims)
}

type identityStages struct{ stages *stage.Set }

func (s identityStages) Audience(_ context.Context, scope kernel.Scope) (string, error) {
	st, err := s.stages.Get(scope.Stage)
	return st.IdentityAudience(), err
}

type identityRuns struct {
	*run.Service

	store *runsql.Store
}

// Requester returns the id of who asked for a run; a look for drift is no run.
func (s identityRuns) Requester(ctx context.Context, scope kernel.Scope, id string) (string, error) {
	r, err := s.store.Get(ctx, scope, id)
	if kernel.Is(err, kernel.NotFound) {
		return "", nil
	}
	return r.RequestedBy.ID, err
}

// identityOf is how a phase of a job signs in to the cloud of its stage, nil where the
// stage has no identity.
func identityOf(job run.Job, phase string) *runner.Identity {
	i := job.Stage.Identity
	if i == (stage.Identity{}) {
		return nil
	}
	who := i.Plan
	if phase == tokens.PhaseApply {
		who = i.Apply
	}
	switch job.Stage.Target {
	case stage.TargetAzure:
		return &runner.Identity{Variables: map[string]string{
			"ARM_USE_OIDC": "true", "ARM_USE_CLI": "false", "ARM_OIDC_TOKEN_FILE_PATH": runner.TokenFile,
			"ARM_CLIENT_ID": who, "ARM_TENANT_ID": i.Tenant, "ARM_SUBSCRIPTION_ID": i.Subscription,
			"AZURE_CLIENT_ID": who, "AZURE_TENANT_ID": i.Tenant, "AZURE_FEDERATED_TOKEN_FILE": runner.TokenFile,
		}}
	case stage.TargetAWS:
		return &runner.Identity{Variables: map[string]string{
			"AWS_WEB_IDENTITY_TOKEN_FILE": runner.TokenFile, "AWS_ROLE_ARN": who, "AWS_ROLE_SESSION_NAME": sessionName(job.Run),
		}}
	case stage.TargetGCP:
		return &runner.Identity{
			Variables:   map[string]string{"GOOGLE_APPLICATION_CREDENTIALS": runner.CredentialsFile},
			Credentials: externalAccount(i, who),
		}
	}
	return nil
}

// sessionName is what a run is called in the logs of AWS, which has 64 characters for it.
func sessionName(run string) string {
	name := "terrace-" + run
	return name[:min(len(name), 64)]
}

// externalAccount is the file with which Google's libraries exchange the token for one of
// a service account.
func externalAccount(i stage.Identity, account string) string {
	raw, _ := json.Marshal(map[string]any{ //nolint:gosec // addresses and a path; strings can always be written
		"type": "external_account", "audience": i.ProviderName(), "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
		"token_url":                         "https://sts.googleapis.com/v1/token",
		"service_account_impersonation_url": "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/" + account + ":generateAccessToken",
		"credential_source":                 map[string]any{"file": runner.TokenFile, "format": map[string]string{"type": "text"}},
	})
	return string(raw)
}

// withoutSignIn leaves out of variables what signs in otherwise, where a job has an
// identity: the secrets of a cloud, and what the identity sets itself.
func withoutSignIn(env map[string]string, identity *runner.Identity) map[string]string {
	if identity == nil {
		return env
	}
	out := maps.Clone(env)
	maps.DeleteFunc(out, func(name, _ string) bool {
		_, own := identity.Variables[name]
		return own || signsIn(name)
	})
	return out
}

// signsIn reports the variables with which the providers of clouds sign in.
func signsIn(name string) bool {
	for _, prefix := range []string{"ARM_CLIENT_", "ARM_OIDC_", "ARM_USE_", "ARM_MSI_", "AZURE_", "AWS_ACCESS_KEY", "AWS_SECRET", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_SHARED_", "AWS_CONTAINER_", "GOOGLE_CREDENTIALS", "GOOGLE_OAUTH_", "GOOGLE_IMPERSONATE_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
