package app

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azcertificates"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// TestCertificatesAreKeptInAKeyVault walks through one daemon and one vault.
func TestCertificatesAreKeptInAKeyVault(t *testing.T) {
	t.Parallel()
	w := newVaultWorld(t)
	if status, got := w.api(http.MethodPut, certificatePath("orders"), object{"way": "issue", "hosts": []string{"orders.dev.demo.localhost"}}); status != http.StatusUnprocessableEntity && status != http.StatusConflict {
		t.Errorf("a stage without a vault: %d %v", status, got)
	}
	w.sync(nil)
	for _, step := range []struct { //nolint:paralleltest // the steps are of one world, in their order
		name string
		run  func(w *vaultWorld)
	}{
		{"without the role", certificatesWithoutTheRole},
		{"issued to a key of the vault", issuedToAKeyOfTheVault},
		{"renewed", renewedInTheVault},
		{"revoked", revokedInTheVault},
		{"of other people", foreignCertificateIsLeft},
		{"not taken by the vault", mergedLater},
		{"followed", followedIntoADomain},
		{"copied", copiedFromADomain},
		{"claimed anew", claimedAnew},
		{"removed", certificateRemoved},
	} {
		t.Run(step.name, func(t *testing.T) {
			w.t = t
			step.run(w)
		})
	}
	if log := w.log.String(); strings.Contains(log, "PRIVATE KEY") {
		t.Error("a key is in the log")
	}
}

func certificatePath(name string) string { return "/vault-certificates/" + name + "?stage=dev" }

// sweep does what is due with certificates.
func (w *vaultWorld) sweep() {
	w.t.Helper()
	if err := w.vaultCertificates.Sweep(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// kept is how far a certificate is, after work on it.
func (w *vaultWorld) kept(name, state string) map[string]any {
	w.t.Helper()
	w.sweep()
	items, _ := w.must(http.MethodGet, "/vault-certificates?stage=dev", nil)["items"].([]any)
	for _, one := range items {
		if c, _ := one.(map[string]any); c["name"] == name {
			if c["state"] != state {
				w.t.Fatalf("certificate %s is %v, want %s: %v\n%s", name, c["state"], state, c, w.log)
			}
			return c
		}
	}
	w.t.Fatalf("there is no certificate %s: %v", name, items)
	return nil
}

// again compares a certificate at once.
func (w *vaultWorld) again(name, state string) map[string]any {
	w.t.Helper()
	w.must(http.MethodPost, "/vault-certificates/"+name+"/rounds?stage=dev", nil)
	return w.kept(name, state)
}

// inVault is the newest certificate of a name, and its tags.
func (w *vaultWorld) inVault(name string) (*x509.Certificate, map[string]*string) {
	w.t.Helper()
	got, err := w.certificates.GetCertificate(w.t.Context(), name, "", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(got.CER)
	if err != nil {
		w.t.Fatal(err)
	}
	return leaf, got.Tags
}

// told are the types of what happened to a certificate, the oldest first.
func (w *vaultWorld) told(name string) (all []string) {
	for _, e := range w.entries(name) {
		if kind, _ := e["type"].(string); strings.HasPrefix(kind, "vault-certificate.") {
			all = append(all, strings.TrimPrefix(kind, "vault-certificate."))
		}
	}
	slices.Reverse(all)
	return all
}

func certificatesWithoutTheRole(w *vaultWorld) {
	w.must(http.MethodPut, certificatePath("orders"), object{"way": "issue", "hosts": []string{"Orders.dev.demo.localhost"}, "life": "1h"})
	if c := w.kept("orders", "failed"); !strings.Contains(fmt.Sprint(c["fix"]), "Key Vault Certificates Officer") {
		w.t.Errorf("what is told: %v", c)
	}
	made, _ := w.arm(http.MethodGet, "/resourceGroups/kv/providers/Microsoft.ManagedIdentity/userAssignedIdentities/dev-sync", "")["properties"].(map[string]any)
	w.arm(http.MethodPut, strings.TrimSuffix(vaultRole, "a")+"b", `{"properties":{"roleDefinitionId":"`+w.subscription+`/providers/Microsoft.Authorization/roleDefinitions/a4417e6f-fecd-4de8-b567-7b0420556985","principalId":"`+fmt.Sprint(made["principalId"])+`"}}`)
	for what, body := range map[string]object{
		"a host of somebody else": {"way": "issue", "hosts": []string{"orders.dev.other.localhost"}},
		"no host":                 {"way": "issue"},
		"no domain":               {"way": "follow"},
		"a domain that is not":    {"way": "copy", "domain": "nothing.example"},
		"too short a life":        {"way": "issue", "hosts": []string{"orders.dev.demo.localhost"}, "life": "1m"},
	} {
		if status, got := w.api(http.MethodPut, certificatePath("refused"), body); status < http.StatusBadRequest || status >= http.StatusInternalServerError {
			w.t.Errorf("%s: %d %v", what, status, got)
		}
	}
}

func issuedToAKeyOfTheVault(w *vaultWorld) {
	c := w.again("orders", "in-step")
	leaf, tags := w.inVault("orders")
	pool := w.fabric.authority.Pool()
	value, _ := w.held("orders")
	raw, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		w.t.Fatal(err)
	}
	key, inside, chain, err := pkcs12.DecodeChain(raw, "")
	if err != nil || key == nil || !inside.Equal(leaf) {
		w.t.Fatalf("what services of Azure read: %v", err)
	}
	between := x509.NewCertPool()
	for _, one := range chain {
		between.AddCert(one)
	}
	if _, err := leaf.Verify(x509.VerifyOptions{DNSName: "orders.dev.demo.localhost", Roots: pool, Intermediates: between}); err != nil {
		w.t.Error(err)
	}
	serial := leaf.SerialNumber.Text(16)
	if c["serial"] != serial || tags["terrace-certificate"] == nil || *tags["terrace-certificate"] != serial || *tags["managed-by"] != "terrace" {
		w.t.Errorf("serial %s: %v, %v", serial, c, tags)
	}
	_, entry := w.call(http.MethodGet, w.address+"/api/v1/certificates/"+serial, w.first.Token, "application/json", "")
	if entry["kind"] != "vault" || entry["name"] != vaultAddress+"/certificates/orders" {
		w.t.Errorf("the inventory has %v", entry)
	}
	w.again("orders", "in-step")
	if now, _ := w.inVault("orders"); !now.Equal(leaf) {
		w.t.Error("what stands is issued anew")
	}
	if got := w.told("orders"); !slices.Equal(got, []string{"set", "failed", "asked", "issued", "resumed", "asked"}) {
		w.t.Errorf("what is told: %v", got)
	}
}

func renewedInTheVault(w *vaultWorld) {
	before, _ := w.inVault("orders")
	w.vaultCertificates.Clock = func() time.Time { return time.Now().Add(45 * time.Minute) }
	defer func() { w.vaultCertificates.Clock = nil }()
	w.kept("orders", "in-step") // by itself
	after, _ := w.inVault("orders")
	if after.Equal(before) || bytes.Equal(after.RawSubjectPublicKeyInfo, before.RawSubjectPublicKeyInfo) {
		w.t.Error("it has no other certificate, with another key")
	}
	_, entry := w.call(http.MethodGet, w.address+"/api/v1/certificates/"+after.SerialNumber.Text(16), w.first.Token, "application/json", "")
	if entry["renewedFrom"] != before.SerialNumber.Text(16) {
		w.t.Errorf("the inventory has %v", entry)
	}
}

func revokedInTheVault(w *vaultWorld) {
	before, _ := w.inVault("orders")
	status, got := w.call(http.MethodPost, w.address+"/api/v1/certificates/"+before.SerialNumber.Text(16)+"/revocation", w.first.Token, "application/json", `{"cause":"superseded"}`)
	if status >= http.StatusBadRequest {
		w.t.Fatalf("%d %v", status, got)
	}
	w.again("orders", "in-step")
	if after, _ := w.inVault("orders"); after.Equal(before) {
		w.t.Error("the vault keeps what was revoked")
	}
}

// selfMade has somebody else make a certificate in the vault.
func (w *vaultWorld) selfMade(name, host string) *x509.Certificate {
	w.t.Helper()
	_, err := w.certificates.CreateCertificate(w.t.Context(), name, azcertificates.CreateCertificateParameters{CertificatePolicy: &azcertificates.CertificatePolicy{
		IssuerParameters: &azcertificates.IssuerParameters{Name: to.Ptr("Self")}, SecretProperties: &azcertificates.SecretProperties{ContentType: to.Ptr("application/x-pkcs12")},
		X509CertificateProperties: &azcertificates.X509CertificateProperties{
			Subject: to.Ptr("CN=" + host), SubjectAlternativeNames: &azcertificates.SubjectAlternativeNames{DNSNames: to.SliceOfPtrs(host)}, EnhancedKeyUsage: to.SliceOfPtrs("1.3.6.1.5.5.7.3.1"),
		},
	}}, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	leaf, _ := w.inVault(name)
	return leaf
}

func foreignCertificateIsLeft(w *vaultWorld) {
	theirs := w.selfMade("theirs", "theirs.example")
	w.must(http.MethodPut, certificatePath("theirs"), object{"way": "issue", "hosts": []string{"theirs.dev.demo.localhost"}})
	w.kept("theirs", "conflict")
	if now, _ := w.inVault("theirs"); !now.Equal(theirs) {
		w.t.Error("it is written over")
	}
	w.must(http.MethodDelete, certificatePath("theirs"), nil)
}

func mergedLater(w *vaultWorld) {
	w.fault(arm.Fault{Match: "POST kv-sync.*/certificates/late/pending/merge", Status: http.StatusServiceUnavailable, Times: 1})
	w.must(http.MethodPut, certificatePath("late"), object{"way": "issue", "hosts": []string{"late.dev.demo.localhost"}})
	if c := w.kept("late", "failed"); !strings.Contains(fmt.Sprint(c["reason"]), "503") {
		w.t.Errorf("what is told: %v", c)
	}
	w.again("late", "in-step")
	_, got := w.call(http.MethodGet, w.address+"/api/v1/certificates?kind=vault&name=late.dev.demo.localhost", w.first.Token, "application/json", "")
	if items, _ := got["items"].([]any); len(items) != 1 {
		w.t.Errorf("%d certificates were issued, want 1", len(items))
	}
}

// domainCertificate is the serial of a domain's own certificate, "" for none.
func (w *vaultWorld) domainCertificate(name string) string {
	w.t.Helper()
	_, got := w.call(http.MethodGet, w.address+"/api/v1/gateway/domains/"+name, w.first.Token, "application/json", "")
	c, _ := got["certificate"].(map[string]any)
	serial, _ := c["serial"].(string)
	return serial
}

func (w *vaultWorld) domain(method, path, body string) {
	w.t.Helper()
	if status, got := w.call(method, w.address+"/api/v1/gateway/domains"+path, w.first.Token, "application/json", body); status >= http.StatusBadRequest {
		w.t.Fatalf("%s %s: %d %v", method, path, status, got)
	}
}

func followedIntoADomain(w *vaultWorld) {
	w.domain(http.MethodPost, "", `{"name":"shop.example","project":"demo"}`)
	w.domain(http.MethodPost, "/shop.example/approve", `{"reason":"x"}`)
	shows := func(leaf *x509.Certificate) {
		w.t.Helper()
		if got := w.domainCertificate("shop.example"); got != leaf.SerialNumber.Text(16) {
			w.t.Errorf("the domain shows %q, want %s", got, leaf.SerialNumber.Text(16))
		}
	}
	first := w.selfMade("shop", "shop.example")
	w.must(http.MethodPut, certificatePath("shop"), object{"way": "follow", "domain": "shop.example"})
	w.kept("shop", "in-step")
	shows(first)
	second := w.selfMade("shop", "shop.example") // the vault renews it
	w.again("shop", "in-step")
	shows(second)
	w.domain(http.MethodDelete, "/shop.example/certificate", "")
	w.again("shop", "conflict")
	w.must(http.MethodPut, certificatePath("shop"), object{"way": "follow", "domain": "shop.example"}) // decides
	w.kept("shop", "in-step")
	shows(second)
	if got := w.told("shop"); !slices.Equal(got, []string{"set", "taken", "asked", "taken", "asked", "conflicted", "set", "taken"}) {
		w.t.Errorf("what is told: %v", got)
	}
}

func copiedFromADomain(w *vaultWorld) {
	w.must(http.MethodPut, certificatePath("copied"), object{"way": "copy", "domain": "shop.example"})
	w.kept("copied", "in-step")
	want, _ := w.inVault("shop")
	if got, _ := w.inVault("copied"); !got.Equal(want) {
		w.t.Error("another certificate is in the vault")
	}
	third := w.selfMade("shop", "shop.example")
	w.again("shop", "in-step")
	w.again("copied", "in-step")
	got, tags := w.inVault("copied")
	if !got.Equal(third) || tags["terrace-serial"] == nil || *tags["terrace-serial"] != third.SerialNumber.Text(16) {
		w.t.Errorf("what came in its place is not imported: %v", tags)
	}
	if value, _ := w.held("copied"); value == "" {
		w.t.Error("its secret is not there")
	}
}

// claimedAnew: who claims a domain later has not said that its key may leave.
func claimedAnew(w *vaultWorld) {
	before, _ := w.inVault("copied")
	w.domain(http.MethodDelete, "/shop.example", "")
	w.domain(http.MethodPost, "", `{"name":"shop.example","project":"demo"}`)
	w.domain(http.MethodPost, "/shop.example/approve", `{"reason":"x"}`)
	for _, name := range []string{"shop", "copied"} {
		if c := w.again(name, "conflict"); !strings.Contains(fmt.Sprint(c["reason"]), "claimed anew") {
			w.t.Errorf("%s: %v", name, c)
		}
	}
	if after, _ := w.inVault("copied"); !after.Equal(before) || w.domainCertificate("shop.example") != "" {
		w.t.Error("a claim that was given up still counts")
	}
}

func certificateRemoved(w *vaultWorld) {
	before, _ := w.inVault("orders")
	w.must(http.MethodDelete, certificatePath("orders"), nil)
	w.sweep()
	if after, _ := w.inVault("orders"); !after.Equal(before) {
		w.t.Error("the vault does not keep what it has")
	}
	if status, _ := w.api(http.MethodDelete, certificatePath("orders"), nil); status != http.StatusNotFound {
		w.t.Errorf("it is removed twice: %d", status)
	}
}
