package app

import (
	"context"
	"crypto/x509"
	"encoding/pem"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/domain"
	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultcert"
	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultcert/vaultcertsql"
	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync/keyvault"
	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync/vaultsyncsql"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// newVaultCertificates makes what keeps certificates of stages in their key vaults.
func newVaultCertificates(p *platform, a *access, f *fabric, d *delivery, vaults *keyvault.Vaults) *vaultcert.Service {
	return vaultcert.New(vaultcert.Config{
		Store: vaultcertsql.NewStore(p.db), Syncs: vaultsyncsql.NewStore(p.db), Vaults: keyvault.CertificateVaults{Vaults: vaults},
		Authority: vaultAuthority{f.pki}, Domains: vaultDomains{f.domains}, Authorizer: a.identity, Places: places{a.tenants, d.stages}, Tenants: a.tenants,
		Journal: a.journal, Tx: p.db, Log: p.log,
	})
}

// vaultAuthority is a vaultcert.Authority.
type vaultAuthority struct{ pki *pki.Service }

// Check implements vaultcert.Authority.
func (v vaultAuthority) Check(ctx context.Context, scope kernel.Scope, hosts []string) error {
	return v.pki.CheckNames(ctx, scope, hosts)
}

// Issue implements vaultcert.Authority.
func (v vaultAuthority) Issue(ctx context.Context, o vaultcert.Order) ([][]byte, error) {
	public, err := pki.ParseRequest(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: o.Request}))
	if err != nil {
		return nil, err
	}
	issued, err := v.pki.IssueAfter(ctx, pki.Order{
		Holder: pki.Holder{Kind: pki.HolderVault, Scope: o.Scope, Name: o.Lies}, DNSNames: o.Hosts, PublicKey: public, Profile: pki.ProfileServer, Life: o.Life,
	}, o.Before)
	if err != nil {
		return nil, err
	}
	chain := make([][]byte, 0, len(issued.Chain))
	for _, c := range issued.Chain {
		chain = append(chain, c.Raw)
	}
	return chain, nil
}

// Stands implements vaultcert.Authority.
func (v vaultAuthority) Stands(ctx context.Context, scope kernel.Scope, lies, serial string) (bool, error) {
	e, err := v.pki.Certificate(ctx, serial)
	if kernel.Is(err, kernel.NotFound) {
		return false, nil
	}
	return err == nil && e.Revoked == nil && e.Holder == (pki.Holder{Kind: pki.HolderVault, Scope: scope, Name: lies}), err
}

// vaultDomains are a vaultcert.Domains.
type vaultDomains struct{ domains *domain.Service }

// of is a domain that a stage may have.
func (v vaultDomains) of(ctx context.Context, scope kernel.Scope, name string) (domain.Domain, error) {
	d, err := v.domains.Changeable(ctx, scope.Tenant, name)
	if err == nil && (d.Scope.Project != "" && d.Scope.Project != scope.Project || d.Scope.Stage != "" && d.Scope.Stage != scope.Stage) {
		err = kernel.Errorf(kernel.Refused, "domain %s is bound to %s", d.Name, d.Scope).WithFix("keep its certificate in the vault of a stage that it is for")
	}
	return d, err
}

// Own implements vaultcert.Domains.
func (v vaultDomains) Own(ctx context.Context, scope kernel.Scope, name string) (claim, fingerprint string, err error) {
	d, err := v.of(ctx, scope, name)
	if err != nil {
		return "", "", err
	}
	if d.Certificate != nil {
		fingerprint = d.Certificate.Fingerprint
	}
	return d.Record.Value, fingerprint, nil // of each claim it is another one
}

// Pair implements vaultcert.Domains.
func (v vaultDomains) Pair(ctx context.Context, scope kernel.Scope, name string) (vaultcert.Pair, error) {
	if _, err := v.of(ctx, scope, name); err != nil {
		return vaultcert.Pair{}, err
	}
	chain, key, err := v.domains.Pair(ctx, scope.Tenant, name)
	return vaultcert.Pair{Chain: []byte(chain), Key: key}, err
}

// Copied implements vaultcert.Domains.
func (v vaultDomains) Copied(ctx context.Context, scope kernel.Scope, name string, leaf *x509.Certificate, to string) error {
	return v.domains.Copied(ctx, scope.Tenant, name, leaf, to)
}

// Show implements vaultcert.Domains.
func (v vaultDomains) Show(ctx context.Context, scope kernel.Scope, name string, p vaultcert.Pair) error {
	if _, err := v.of(ctx, scope, name); err != nil {
		return err
	}
	_, err := v.domains.SetCertificate(ctx, scope.Tenant, name, string(p.Chain), string(p.Key))
	return err
}
