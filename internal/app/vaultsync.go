package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/terrace-idp/terrace/internal/access/workloadid"
	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync"
	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync/keyvault"
	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync/vaultsyncsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

// newKeyVaults makes what speaks to the key vaults of stages.
func newKeyVaults(p *platform, a *access, d *delivery) (*keyvault.Vaults, error) {
	cloud, transport, err := p.ownCloud()
	if err != nil {
		return nil, err
	}
	return keyvault.New(keyvault.Config{
		Tokens: syncTokens{newIdentities(p, a, d)}, Guard: egress.Guard{Allow: p.config.Sinks()},
		Environment: cloud, Transport: transport, Issuer: p.publicURL(),
	}), nil
}

// newVaultSync makes what keeps the secrets of stages in key vaults, and has it told of
// those that change.
func newVaultSync(p *platform, a *access, f *fabric, d *delivery, vaults *keyvault.Vaults) *vaultsync.Service {
	s := vaultsync.New(vaultsync.Config{
		Store: vaultsyncsql.NewStore(p.db), Secrets: f.secrets, Authorizer: a.identity, Stages: knownStages{d.stages}, Tenants: a.tenants,
		Vaults: vaults, Defaults: vaultDefaults{d}.find, Journal: a.journal, Tx: p.db, Log: p.log, Node: p.config.Node,
	})
	f.secrets.Journal = vaultsync.Noting{Journal: a.journal, Syncs: s}
	d.vaults = s
	return s
}

// ownCloud is the cloud that this installation names in place of Microsoft's, and the way
// to it: the simulated one, or that of ARM_METADATA_HOSTNAME in the environment of the
// daemon. There need be none.
func (p *platform) ownCloud() (map[string]string, *http.Transport, error) {
	if p.azureSim == nil {
		env := map[string]string{}
		for _, entry := range p.environ {
			if name, value, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "ARM_METADATA_HOST") {
				env[name] = value
			}
		}
		return env, &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}, nil
	}
	env := p.azureSim.Env()
	proxy, err := url.Parse(env["HTTPS_PROXY"])
	if err != nil {
		return nil, nil, fmt.Errorf("the proxy of the simulated Azure: %w", err)
	}
	pem, err := os.ReadFile(p.azureSim.CAFile())
	if err != nil {
		return nil, nil, fmt.Errorf("the roots of the simulated Azure: %w", err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return env, &http.Transport{Proxy: http.ProxyURL(proxy), ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}}, nil
}

// syncTokens are a keyvault.Tokens.
type syncTokens struct{ identities *workloadid.Service }

// Issue implements keyvault.Tokens.
func (t syncTokens) Issue(ctx context.Context, scope kernel.Scope, audience string) (token, subject string, err error) {
	made, err := t.identities.IssueSync(ctx, scope, audience, "keeps secrets in a key vault")
	return made.Token, syncSubject(scope), err
}

// syncSubject is whom the tokens name with which a stage's vault is used.
func syncSubject(scope kernel.Scope) string {
	subject, err := workloadid.Subject(scope, workloadid.PhaseSync)
	if err != nil {
		return "" // of no stage that there is
	}
	return subject
}

// vaultDefaults are the vault of a stage's landing zone and the directory of its runs.
type vaultDefaults struct{ delivery *delivery }

func (v vaultDefaults) find(ctx context.Context, scope kernel.Scope) (vault, azureTenant string, err error) {
	zone, err := v.delivery.zones.Current(ctx, scope, scope.Stage)
	if err != nil {
		return "", "", err
	}
	if outputs, ok := zone.Values["key_vault"].(map[string]any); ok {
		vault, _ = outputs["uri"].(string)
	}
	st, err := v.delivery.stages.Get(scope.Stage)
	return vault, st.Identity.Tenant, err
}
