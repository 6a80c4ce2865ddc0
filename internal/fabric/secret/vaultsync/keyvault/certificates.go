package keyvault

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azcertificates"

	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultcert"
	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// CertificateVaults are a vaultcert.Vaults.
type CertificateVaults struct{ *Vaults }

var _ vaultcert.Vaults = CertificateVaults{}

// Certificates returns the vault of a sync, as far as it keeps certificates.
func (v CertificateVaults) Certificates(ctx context.Context, y vaultsync.Sync) (vaultcert.Vault, error) {
	opened, err := v.open(ctx, y)
	if err != nil {
		return nil, err
	}
	return certificates{opened}, nil
}

// certificates is a vaultcert.Vault.
type certificates struct{ *vault }

// needed is what to do for who may not keep certificates in a vault.
const needed = "give it the role Key Vault Certificates Officer on the vault beside Key Vault Secrets Officer, or in a vault with access policies get, list, create and import of certificates and get of secrets"

// failure says what an error means for who keeps certificates.
func (v certificates) failure(ctx context.Context, err error) error {
	err = v.vault.failure(ctx, err)
	if o, ok := errors.AsType[*vaultsync.Outage](err); ok && o.Err.Kind == kernel.Denied {
		return outage(o.Err.WithFix(needed))
	}
	return err
}

// Newest returns the newest version of a certificate.
func (v certificates) Newest(ctx context.Context, name string) (vaultcert.Held, error) {
	got, err := v.vault.certificates.GetCertificate(ctx, name, "", nil)
	if err != nil {
		return vaultcert.Held{}, v.failure(ctx, err)
	}
	return held(got.Certificate), nil
}

// Request returns the request that waits to be signed, or has the vault make one with a key
// that no version before has had.
func (v certificates) Request(ctx context.Context, name string, w vaultcert.Wanted) ([]byte, error) {
	pending, err := v.vault.certificates.GetCertificateOperation(ctx, name, nil)
	if err == nil && pending.Status != nil && *pending.Status == "inProgress" {
		return pending.CSR, nil
	}
	if err = v.failure(ctx, err); err != nil && !kernel.Is(err, kernel.NotFound) {
		return nil, err
	}
	made, err := v.vault.certificates.CreateCertificate(ctx, name, azcertificates.CreateCertificateParameters{CertificatePolicy: policyOf(w), Tags: pointers(w.Tags)}, nil)
	if err != nil {
		return nil, v.failure(ctx, err)
	}
	return made.CSR, nil
}

// month is how vaults count the life of certificates, which the authority decides.
const month = 30 * 24 * time.Hour

// maxCommonName is how long a common name is at most (RFC 5280 appendix A.1).
const maxCommonName = 64

// policyOf is the policy of a certificate that somebody else signs. Services of Azure read it
// by its secret, with the key: it is one that they all take, and may leave the vault so.
func policyOf(w vaultcert.Wanted) *azcertificates.CertificatePolicy {
	subject := "CN=" + w.Hosts[0]
	if len(w.Hosts[0]) > maxCommonName {
		subject = "O=Terrace"
	}
	return &azcertificates.CertificatePolicy{
		IssuerParameters: &azcertificates.IssuerParameters{Name: to.Ptr("Unknown")},
		KeyProperties:    &azcertificates.KeyProperties{KeyType: to.Ptr(azcertificates.KeyTypeRSA), KeySize: to.Ptr(int32(2048)), Exportable: to.Ptr(true), ReuseKey: to.Ptr(false)},
		SecretProperties: &azcertificates.SecretProperties{ContentType: to.Ptr(contentPFX)},
		X509CertificateProperties: &azcertificates.X509CertificateProperties{
			Subject: &subject, SubjectAlternativeNames: &azcertificates.SubjectAlternativeNames{DNSNames: to.SliceOfPtrs(w.Hosts...)},
			EnhancedKeyUsage: to.SliceOfPtrs("1.3.6.1.5.5.7.3.1"), ValidityInMonths: to.Ptr(int32(math.Ceil(float64(w.Life) / float64(month)))),
		},
	}
}

// Merge gives the vault what was signed for the request that waits.
func (v certificates) Merge(ctx context.Context, name string, chain [][]byte, tags map[string]string) (vaultcert.Held, error) {
	got, err := v.vault.certificates.MergeCertificate(ctx, name, azcertificates.MergeCertificateParameters{X509Certificates: chain, Tags: pointers(tags)}, nil)
	if err != nil {
		return vaultcert.Held{}, v.failure(ctx, err)
	}
	return held(got.Certificate), nil
}

// Import gives the vault a certificate with its key, as PKCS #12.
func (v certificates) Import(ctx context.Context, name string, p vaultcert.Pair, tags map[string]string) (vaultcert.Held, error) {
	value, password, err := pack(p)
	if err != nil {
		return vaultcert.Held{}, err
	}
	got, err := v.vault.certificates.ImportCertificate(ctx, name, azcertificates.ImportCertificateParameters{
		Base64EncodedCertificate: &value, Password: &password, Tags: pointers(tags),
		CertificatePolicy: &azcertificates.CertificatePolicy{
			IssuerParameters: &azcertificates.IssuerParameters{Name: to.Ptr("Unknown")}, SecretProperties: &azcertificates.SecretProperties{ContentType: to.Ptr(contentPFX)},
		},
	}, nil)
	if err != nil {
		return vaultcert.Held{}, v.failure(ctx, err)
	}
	return held(got.Certificate), nil
}

// Export returns a version with its chain and its key.
func (v certificates) Export(ctx context.Context, name, version string) (vaultcert.Pair, error) {
	got, err := v.secrets.GetSecret(ctx, name, version, nil)
	if err != nil {
		return vaultcert.Pair{}, v.failure(ctx, err)
	}
	if got.Value == nil || got.ContentType == nil {
		return vaultcert.Pair{}, kernel.Errorf(kernel.Refused, "the vault does not show certificate %s", name)
	}
	return unpack(*got.ContentType, *got.Value)
}

func held(c azcertificates.Certificate) vaultcert.Held {
	h := vaultcert.Held{Tags: map[string]string{}, DER: c.CER}
	if c.ID != nil {
		h.Version = c.ID.Version()
	}
	for name, value := range c.Tags {
		if value != nil {
			h.Tags[name] = *value
		}
	}
	h.Enabled = c.Attributes != nil && (c.Attributes.Enabled == nil || *c.Attributes.Enabled)
	return h
}

func pointers(tags map[string]string) map[string]*string {
	all := make(map[string]*string, len(tags))
	for name, value := range tags {
		all[name] = &value
	}
	return all
}
