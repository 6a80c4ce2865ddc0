package vaultcert

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The tags of what Terrace has put into a vault. That they lack terrace-name tells them from
// secrets (package vaultsync).
const (
	tagManaged     = "managed-by"
	tagTenant      = "terrace-tenant"
	tagProject     = "terrace-project"
	tagStage       = "terrace-stage"
	tagCertificate = "terrace-certificate"
	tagSerial      = "terrace-serial"

	managedBy = "terrace"
)

// job is one certificate while it is worked on.
type job struct {
	*Service

	vault Vault
	c     *Certificate
}

// tags say what a certificate in a vault is: id is that of the inventory, "" before it is
// known.
func (j job) tags(id, serial string) map[string]string {
	t := map[string]string{tagManaged: managedBy, tagTenant: j.c.Scope.Tenant, tagProject: j.c.Scope.Project, tagStage: j.c.Scope.Stage}
	if id != "" {
		t[tagCertificate], t[tagSerial] = id, serial
	}
	return t
}

// there returns what the vault has under the name, the zero Held for nothing, and a Conflict
// for what is of other people.
func (j job) there(ctx context.Context) (Held, error) {
	h, err := j.vault.Newest(ctx, j.c.Name)
	if kernel.Is(err, kernel.NotFound) {
		return Held{}, nil
	}
	if err != nil {
		return h, err
	}
	for name, value := range j.tags("", "") {
		if h.Tags[name] != value {
			return h, kernel.Errorf(kernel.Conflict, "the vault has a certificate %s already, which is not of %s in Terrace", j.c.Name, j.c.Scope.Stage).
				WithFix("delete and purge it there, or choose another name")
		}
	}
	return h, nil
}

// issue has the vault hold a certificate of Terrace's authority that stands, and is not near
// its end.
func (j job) issue(ctx context.Context) ([]told, error) {
	h, err := j.there(ctx)
	if err != nil {
		return nil, err
	}
	leaf := leafOf(h.DER)
	if leaf != nil && h.Enabled && sameHosts(leaf, j.c.Hosts) && j.Clock.Now().Before(renewAt(leaf)) {
		stands, err := j.Authority.Stands(ctx, j.c.Scope, j.c.address(), serial(leaf))
		if err != nil {
			return nil, err
		}
		if stands {
			return j.holds(h, leaf), nil
		}
	}
	return j.sign(ctx, leaf)
}

// holds notes what the vault has, and tells it where a process before this one has not.
func (j job) holds(h Held, leaf *x509.Certificate) []told {
	if j.c.Version == h.Version {
		return nil
	}
	j.note(h, leaf)
	j.c.Unmerged, j.c.RenewAt = nil, renewAt(leaf)
	return []told{{what: "vault-certificate.issued", data: j.described(leaf)}}
}

// sign has the authority certify a key of the vault, and gives the vault the certificate.
func (j job) sign(ctx context.Context, before *x509.Certificate) ([]told, error) {
	request, err := j.vault.Request(ctx, j.c.Name, Wanted{Hosts: j.c.Hosts, Life: j.c.Life, Tags: j.tags("", "")})
	if err != nil {
		return nil, err
	}
	if !j.fits(ctx, request) {
		o := Order{Scope: j.c.Scope, Lies: j.c.address(), Hosts: j.c.Hosts, Request: request, Life: j.c.Life}
		if before != nil {
			o.Before = serial(before)
		}
		if j.c.Unmerged, err = j.Authority.Issue(ctx, o); err != nil {
			return nil, err
		}
	}
	leaf := leafOf(j.c.Unmerged[0])
	h, err := j.vault.Merge(ctx, j.c.Name, j.c.Unmerged, j.tags(serial(leaf), serial(leaf)))
	if err != nil {
		return nil, err // what was signed is kept, and merged the next time
	}
	return j.holds(h, leaf), nil
}

// fits tells whether what was signed before, and not merged, is for the key of a request.
func (j job) fits(ctx context.Context, request []byte) bool {
	if len(j.c.Unmerged) == 0 {
		return false
	}
	leaf := leafOf(j.c.Unmerged[0])
	asked, err := x509.ParseCertificateRequest(request)
	if leaf == nil || err != nil || !bytes.Equal(asked.RawSubjectPublicKeyInfo, leaf.RawSubjectPublicKeyInfo) || !sameHosts(leaf, j.c.Hosts) || !j.Clock.Now().Before(renewAt(leaf)) {
		return false
	}
	stands, err := j.Authority.Stands(ctx, j.c.Scope, j.c.address(), serial(leaf))
	return err == nil && stands
}

// shown is the fingerprint of the domain's own certificate, "" for none. A domain that was
// given up and claimed anew since is a Conflict.
func (j job) shown(ctx context.Context) (string, error) {
	claim, shown, err := j.Domains.Own(ctx, j.c.Scope, j.c.Domain)
	if err == nil && claim != j.c.Claim {
		err = kernel.Errorf(kernel.Conflict, "domain %s was claimed anew since", j.c.Domain).
			WithFix("who may change it decides: see terrace certificate vault list --stage %s, and give %s its domain %s again", j.c.Scope.Stage, j.c.Name, j.c.Domain)
	}
	return shown, err
}

// copy has the vault hold the certificate that a domain has of its own.
func (j job) copy(ctx context.Context) ([]told, error) {
	shown, err := j.shown(ctx)
	if err != nil {
		return nil, err
	}
	if shown == "" {
		return nil, kernel.Errorf(kernel.Refused, "domain %s has no certificate of its own", j.c.Domain).
			WithFix("bring one with: terrace domain certificate set %s; one of Terrace's authority comes into the vault with: terrace certificate vault issue", j.c.Domain)
	}
	h, err := j.there(ctx)
	if err != nil {
		return nil, err
	}
	if h.Enabled && len(h.DER) > 0 && fingerprint(h.DER) == shown {
		return j.copied(h, leafOf(h.DER)), nil
	}
	p, err := j.Domains.Pair(ctx, j.c.Scope, j.c.Domain)
	if err != nil {
		return nil, err
	}
	defer clear(p.Key)
	block, _ := pem.Decode(p.Chain)
	if block == nil || leafOf(block.Bytes) == nil {
		return nil, kernel.Errorf(kernel.Internal, "the certificate of domain %s cannot be read", j.c.Domain)
	}
	leaf := leafOf(block.Bytes)
	if err := j.leaves(ctx, fingerprint(leaf.Raw)); err != nil {
		return nil, err
	}
	h, err = j.vault.Import(ctx, j.c.Name, p, j.tags(fingerprint(leaf.Raw), serial(leaf)))
	if err != nil {
		return nil, err
	}
	return j.copied(h, leaf), nil
}

// leaves keeps what the vault is about to be given.
func (j job) leaves(ctx context.Context, print string) error {
	if j.c.Leaving == print {
		return nil
	}
	j.c.Leaving = print
	if err := j.Store.Save(ctx, *j.c); err != nil {
		return err
	}
	j.c.Revision++
	return nil
}

// copied notes what the vault has, and tells that it was copied there unless that was told.
func (j job) copied(h Held, leaf *x509.Certificate) []told {
	j.note(h, leaf)
	if j.c.Leaving != fingerprint(leaf.Raw) {
		return nil
	}
	j.c.Leaving = ""
	return []told{{what: "vault-certificate.imported", data: j.described(leaf), left: leaf}}
}

// follow has a domain show the certificate that the vault has.
func (j job) follow(ctx context.Context) ([]told, error) {
	h, err := j.vault.Newest(ctx, j.c.Name)
	if err != nil {
		return nil, err
	}
	leaf := leafOf(h.DER)
	if leaf == nil || !h.Enabled {
		return nil, kernel.Errorf(kernel.Refused, "certificate %s of the vault is disabled, or not issued yet", j.c.Name).WithFix("enable it there, or have it issued")
	}
	shown, err := j.shown(ctx)
	if err != nil {
		return nil, err
	}
	print := fingerprint(h.DER)
	switch {
	case shown == print:
		j.note(h, leaf)
		return nil, nil
	case j.c.Fingerprint == print: // the vault has no other since, but the domain has
		return nil, kernel.Errorf(kernel.Conflict, "domain %s was given another certificate than the vault's since, or none", j.c.Domain).
			WithFix("have it show the vault's again with: terrace certificate vault follow %s --stage %s --domain %s; or stop with: terrace certificate vault remove %[1]s --stage %[2]s", j.c.Name, j.c.Scope.Stage, j.c.Domain)
	}
	p, err := j.vault.Export(ctx, j.c.Name, h.Version)
	if err != nil {
		return nil, err
	}
	defer clear(p.Key)
	if err := j.Domains.Show(ctx, j.c.Scope, j.c.Domain, p); err != nil {
		return nil, err
	}
	j.note(h, leaf)
	return []told{{what: "vault-certificate.taken", data: j.described(leaf)}}, nil
}

// note keeps which certificate both sides have.
func (j job) note(h Held, leaf *x509.Certificate) {
	j.c.Version, j.c.Serial, j.c.Fingerprint, j.c.NotAfter = h.Version, serial(leaf), fingerprint(leaf.Raw), leaf.NotAfter.UTC()
}

func (j job) described(leaf *x509.Certificate) map[string]any {
	return map[string]any{"serial": serial(leaf), "names": leaf.DNSNames, "notAfter": leaf.NotAfter.UTC()}
}

// renewAt is when a certificate of the authority is replaced: at two thirds of its life.
func renewAt(leaf *x509.Certificate) time.Time {
	return leaf.NotBefore.Add(leaf.NotAfter.Sub(leaf.NotBefore) * 2 / 3).UTC()
}

func sameHosts(leaf *x509.Certificate, hosts []string) bool {
	there, wanted := slices.Clone(leaf.DNSNames), slices.Clone(hosts)
	slices.Sort(there)
	slices.Sort(wanted)
	return slices.Equal(there, wanted)
}

func leafOf(der []byte) *x509.Certificate {
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil
	}
	return leaf
}

func serial(leaf *x509.Certificate) string { return strings.ToLower(leaf.SerialNumber.Text(16)) }

func fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}
