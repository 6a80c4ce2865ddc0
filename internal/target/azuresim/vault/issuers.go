package vault

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"math/big"
	"net/http"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// The records of what a vault has one set of.
const (
	issuerRecords = "issuers/"
	contactRecord = "contacts"

	// authorityYears is how long the authority behind an issuer is valid.
	authorityYears = 10
)

// issuer is an account at a certificate authority, which the simulation plays.
type issuer struct {
	Name      string     `json:"name"`
	Body      arm.Object `json:"body"`
	Created   int64      `json:"created"`
	Updated   int64      `json:"updated"`
	Authority []byte     `json:"authority"`
	Key       *material  `json:"key"`
}

func (one *call) loadIssuer(name string) *issuer {
	raw := one.Record(owner(one.vault.Name()), issuerRecords+strings.ToLower(name))
	if raw == nil {
		return nil
	}
	var i issuer
	if json.Unmarshal(raw, &i) != nil {
		return nil
	}
	return &i
}

func (one *call) knownIssuer() (*issuer, error) {
	i := one.loadIssuer(one.issuer)
	if i == nil {
		return nil, refuse(http.StatusNotFound, "CertificateIssuerNotFound", "Certificate issuer %s not found.", one.issuer)
	}
	return i, nil
}

// authoritySpec asks for the key of a new issuer's authority.
func authoritySpec(one *call) (*keySpec, error) {
	provider, _ := one.in["provider"].(string)
	if !slices.Contains([]string{"DigiCert", "GlobalSign", "OneCertV2-PrivateCA", "OneCertV2-PublicCA", "SslAdminV2"}, provider) {
		return nil, badParameter("Property provider is not supported: %s", provider)
	}
	if one.loadIssuer(one.issuer) != nil {
		return nil, nil //nolint:nilnil // it has a key
	}
	return &keySpec{kind: "EC", curve: "P-256"}, nil
}

func setIssuer(one *call) (any, error) {
	now := one.Now().Unix()
	i := one.loadIssuer(one.issuer)
	if i == nil {
		if one.made == nil {
			return one.knownIssuer()
		}
		i = &issuer{Name: one.issuer, Created: now, Key: one.made}
		if err := i.begin(one); err != nil {
			return nil, err
		}
	}
	i.Updated = now
	i.Body = arm.Merge(i.Body, one.in)
	raw, err := json.Marshal(i)
	if err != nil {
		return nil, err
	}
	one.PutRecord(owner(one.vault.Name()), issuerRecords+strings.ToLower(i.Name), raw)
	return one.issuerBundle(i), nil
}

// begin makes the certificate of an issuer's authority.
func (i *issuer) begin(one *call) error {
	signer, err := i.Key.signer()
	if err != nil {
		return err
	}
	provider, _ := one.in["provider"].(string)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(one.Now().UnixNano()), Subject: pkix.Name{CommonName: "Simulation of " + provider, Organization: []string{"Terrace"}},
		NotBefore: one.Now().AddDate(0, 0, -1), NotAfter: one.Now().AddDate(authorityYears, 0, 0), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	i.Authority, err = x509.CreateCertificate(rand.Reader, template, template, signer.Public(), signer)
	return err
}

// sign signs a certificate and returns it with the authority's.
func (i *issuer) sign(template *x509.Certificate, public crypto.PublicKey) ([][]byte, error) {
	authority, err := x509.ParseCertificate(i.Authority)
	if err != nil {
		return nil, err
	}
	signer, err := i.Key.signer()
	if err != nil {
		return nil, err
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, authority, public, signer)
	return [][]byte{raw, i.Authority}, err
}

func getIssuer(one *call) (any, error) {
	i, err := one.knownIssuer()
	if err != nil {
		return nil, err
	}
	return one.issuerBundle(i), nil
}

func deleteIssuer(one *call) (any, error) {
	i, err := one.knownIssuer()
	if err != nil {
		return nil, err
	}
	for _, c := range one.all(certificates) {
		if strings.EqualFold(policyOf(c).Issuer.Name, i.Name) && c.Deleted == 0 {
			return nil, refuse(http.StatusConflict, "CertificateIssuerInUse", "The issuer %s is used by the certificate %s.", i.Name, c.Name)
		}
	}
	one.DeleteRecord(owner(one.vault.Name()), issuerRecords+strings.ToLower(i.Name))
	return one.issuerBundle(i), nil
}

func listIssuers(one *call) (any, error) {
	entries := []any{}
	for _, name := range one.Records(owner(one.vault.Name()), issuerRecords) {
		if i := one.loadIssuer(strings.TrimPrefix(name, issuerRecords)); i != nil {
			entries = append(entries, arm.Object{"id": one.url(certificates, "issuers", i.Name), "provider": i.Body["provider"]})
		}
	}
	return one.page(entries, certificates, "issuers")
}

// issuerBundle shows an issuer without its password.
func (one *call) issuerBundle(i *issuer) arm.Object {
	out := arm.Clone(i.Body)
	arm.Discard(out, "credentials.pwd")
	enabled, has := arm.Lookup(out, "attributes.enabled")
	if !has {
		enabled = true
	}
	out["id"] = one.url(certificates, "issuers", i.Name)
	out["attributes"] = arm.Object{"enabled": enabled, "created": i.Created, "updated": i.Updated}
	return out
}

func (one *call) contacts() (arm.Object, error) {
	raw := one.Record(owner(one.vault.Name()), contactRecord)
	if raw == nil {
		return nil, refuse(http.StatusNotFound, "ContactsNotFound", "Contacts not found")
	}
	out := arm.Object{}
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, err
	}
	out["id"] = one.url(certificates, "contacts")
	return out, nil
}

func getContacts(one *call) (any, error) { return one.contacts() }

func setContacts(one *call) (any, error) {
	list, _ := one.in["contacts"].([]any)
	if len(list) == 0 {
		return nil, badParameter("Property contacts must have an entry.")
	}
	raw, err := json.Marshal(arm.Object{"contacts": list})
	if err != nil {
		return nil, err
	}
	one.PutRecord(owner(one.vault.Name()), contactRecord, raw)
	return one.contacts()
}

func deleteContacts(one *call) (any, error) {
	out, err := one.contacts()
	if err == nil {
		one.DeleteRecord(owner(one.vault.Name()), contactRecord)
	}
	return out, err
}
