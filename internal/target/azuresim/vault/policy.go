package vault

import (
	"encoding/base64"
	"encoding/json"
	"slices"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// The contents of a certificate's secret.
const (
	pfxType = "application/x-pkcs12"
	pemType = "application/x-pem-file"
)

// The issuers that need no account.
const (
	issuerSelf    = "Self"
	issuerUnknown = "Unknown"
)

// policy is a certificate's policy, read for use.
type policy struct {
	Key struct {
		Exportable *bool  `json:"exportable"`
		Kind       string `json:"kty"`
		Size       int    `json:"key_size"`
		Reuse      bool   `json:"reuse_key"`
		Curve      string `json:"crv"`
	} `json:"key_props"`
	Secret struct {
		ContentType string `json:"contentType"`
	} `json:"secret_props"`
	X509 struct {
		Subject string `json:"subject"`
		Names   *struct {
			DNS    []string `json:"dns_names,omitempty"`
			Emails []string `json:"emails,omitempty"`
			UPNs   []string `json:"upns,omitempty"`
		} `json:"sans,omitempty"`
		ExtendedUsage []string `json:"ekus"`
		Usage         []string `json:"key_usage"`
		Months        int      `json:"validity_months"`
	} `json:"x509_props"`
	Actions []arm.Object `json:"lifetime_actions"`
	Issuer  struct {
		Name         string `json:"name"`
		Type         string `json:"cty,omitempty"`
		Transparency *bool  `json:"cert_transparency,omitempty"`
	} `json:"issuer"`
}

func policyOf(i *item) *policy {
	p := &policy{}
	raw, err := json.Marshal(i.Policy)
	if err == nil {
		_ = json.Unmarshal(raw, p) // it was written by document
	}
	return p
}

// wantedPolicy is the item's policy with what the call changes, and the defaults of Azure.
func (one *call) wantedPolicy(i *item) (*policy, error) {
	asked, _ := one.in["policy"].(arm.Object)
	if asked == nil && i.Policy == nil {
		return nil, badParameter("Property policy is required.")
	}
	raw, err := json.Marshal(arm.Merge(i.Policy, asked))
	if err != nil {
		return nil, err
	}
	p := &policy{}
	if err := json.Unmarshal(raw, p); err != nil {
		return nil, badParameter("The policy cannot be read: %v", err)
	}
	p.defaults()
	return p, p.check(one)
}

func (p *policy) defaults() {
	if p.Key.Exportable == nil {
		yes := true
		p.Key.Exportable = &yes
	}
	if p.Key.Kind == "" {
		p.Key.Kind = "RSA"
	}
	if p.Secret.ContentType == "" {
		p.Secret.ContentType = pfxType
	}
	if p.X509.Months == 0 {
		p.X509.Months = 12
	}
	if len(p.X509.Usage) == 0 {
		p.X509.Usage = []string{"digitalSignature", "keyEncipherment"}
	}
	if p.X509.ExtendedUsage == nil {
		p.X509.ExtendedUsage = []string{}
	}
	if len(p.Actions) == 0 {
		p.Actions = []arm.Object{{"trigger": arm.Object{"lifetime_percentage": 80}, "action": arm.Object{"action_type": "EmailContacts"}}}
	}
	curve := curveOf(p.Key.Curve)
	switch {
	case curve != nil:
		p.Key.Size = curve.Params().BitSize
	case p.Key.Size == 0:
		p.Key.Size = defaultBits
	}
}

func (p *policy) check(one *call) error {
	switch {
	case p.Issuer.Name == "":
		return badParameter("Property issuer is required.")
	case p.Issuer.Name != issuerSelf && p.Issuer.Name != issuerUnknown && one.loadIssuer(p.Issuer.Name) == nil:
		return badParameter("The issuer %s is none of this vault's.", p.Issuer.Name)
	case !slices.Contains([]string{pfxType, pemType}, p.Secret.ContentType):
		return badParameter("Property contentType is not supported: %s", p.Secret.ContentType)
	case p.X509.Subject == "" && p.X509.Names == nil:
		return badParameter("Property subject is required.")
	}
	_, err := subjectOf(p.X509.Subject)
	return err
}

func (p *policy) key() *keySpec {
	return &keySpec{kind: p.Key.Kind, size: p.Key.Size, curve: p.Key.Curve}
}

func (p *policy) reuses() bool { return p.Key.Reuse }

func (p *policy) contentType() string { return p.Secret.ContentType }

// document writes the policy as a read shows it.
func (p *policy) document(one *call, i *item) arm.Object {
	out, _ := arm.Plain(p).(arm.Object)
	now := one.Now().Unix()
	created := any(now)
	if at, has := arm.Lookup(i.Policy, "attributes.created"); has {
		created = at
	}
	out["id"] = one.url(certificates, i.Name, "policy")
	out["attributes"] = arm.Object{"enabled": true, "created": created, "updated": now}
	if p.Key.Curve == "" {
		arm.Discard(out, "key_props.crv")
	}
	return out
}

// secret is what a certificate's secret holds: with the private key where that may leave the vault.
func (p *policy) secret(key *material, chain [][]byte) (string, error) {
	if !*p.Key.Exportable {
		key = nil
	}
	if p.contentType() == pemType {
		return pemOf(key, chain), nil
	}
	raw, err := pfxOf(key, chain)
	return base64.StdEncoding.EncodeToString(raw), err
}
