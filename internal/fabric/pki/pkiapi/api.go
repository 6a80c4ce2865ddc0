// Package pkiapi serves certificates and their authorities over HTTP, and what clients ask of
// authorities without a sign-in: roots, lists of what was revoked (RFC 5280) and the status of
// a certificate (RFC 6960).
//
// It owns paths and wire types. It decides nothing; pki does.
package pkiapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves certificates and authorities.
type API struct{ PKI *pki.Service }

// Register adds the room's operations.
func (a API) Register(api huma.API) {
	httpserver.Enum(api, "What a certificate is for.", pki.HolderKinds()...)
	httpserver.Enum(api, "What a certificate may be used for.", pki.Profiles()...)
	httpserver.Enum(api, "How a certificate stands.", pki.EntryStates()...)
	httpserver.Enum(api, "Why a certificate is revoked (RFC 5280 §5.3.1).", pki.Reasons()...)
	httpserver.Enum(api, "What an authority signs.", pki.CAKinds()...)
	httpserver.Enum(api, "Where an authority is in its life.", pki.CAStates()...)
	httpserver.Register(api, operation("list-certificates", http.MethodGet, "", "List the certificates that are seen, that which ends first first"), a.list)
	issue := operation("issue-certificate", http.MethodPost, "", "Issue a certificate to a workload, a service or a database of a stage")
	issue.DefaultStatus = http.StatusCreated
	httpserver.Register(api, issue, a.issue)
	httpserver.Register(api, operation("get-certificate", http.MethodGet, "/{certificate}", "Show a certificate"), a.get)
	httpserver.Register(api, operation("revoke-certificate", http.MethodPost, "/{certificate}/revocation", "Revoke a certificate"), a.revoke)
	renew := operation("renew-certificate", http.MethodPost, "/{certificate}/renewal", "Issue a certificate in the place of one, which stays valid until it ends")
	renew.DefaultStatus = http.StatusCreated
	httpserver.Register(api, renew, a.renew)
	httpserver.Register(api, operation("revoke-unlisted-certificate", http.MethodPost, "/revocations", "Revoke a certificate of Terrace that the inventory may lack, as after a restore"), a.revokeUnlisted)
	a.registerAuthorities(api)
}

func operation(id, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: "/certificates" + path, Summary: summary, Tags: []string{"certificates"}}
}

func tenantOf(ctx context.Context) string {
	actor, _ := kernel.ActorFrom(ctx) // the API requires one
	return actor.Tenant
}

// CertificateEntry is a certificate of the inventory.
type CertificateEntry struct {
	ID           string                 `json:"id" doc:"The serial of what Terrace has issued, else the SHA-256 of the certificate."`
	Serial       string                 `json:"serial" doc:"The serial number, in hex."`
	Kind         pki.HolderKind         `json:"kind"`
	Project      string                 `json:"project,omitempty" doc:"The holder's project; empty where it belongs to the whole tenant."`
	Stage        string                 `json:"stage,omitempty" doc:"The holder's stage."`
	Name         string                 `json:"name" doc:"The holder's name: a host, a workload, a service, an account."`
	Names        []string               `json:"names" doc:"The names that it is for (RFC 5280 §4.2.1.6)."`
	Issuer       string                 `json:"issuer,omitempty" doc:"The id of the authority; empty for one that is not Terrace's."`
	IssuerName   string                 `json:"issuerName" doc:"The distinguished name of the authority."`
	Profile      pki.Profile            `json:"profile"`
	KeyAlgorithm string                 `json:"keyAlgorithm"`
	NotBefore    time.Time              `json:"notBefore"`
	NotAfter     time.Time              `json:"notAfter"`
	IssuedAt     time.Time              `json:"issuedAt" doc:"When it became known."`
	Fingerprint  string                 `json:"fingerprint" doc:"The SHA-256 of the certificate, in hex."`
	RenewedFrom  string                 `json:"renewedFrom,omitempty" doc:"The id of the certificate in whose place it came."`
	RenewedBy    string                 `json:"renewedBy,omitempty" doc:"The id of the certificate that came in its place."`
	State        pki.EntryState         `json:"state"`
	Revocation   *CertificateRevocation `json:"revocation,omitempty"`
}

// CertificateRevocation is when and why a certificate was revoked.
type CertificateRevocation struct {
	At     time.Time  `json:"at"`
	Reason pki.Reason `json:"reason"`
	By     string     `json:"by"`
}

// CertificateShown is a certificate with itself.
type CertificateShown struct {
	CertificateEntry

	PEM        string    `json:"pem" doc:"The certificate."`
	RenewFrom  time.Time `json:"renewFrom" doc:"From when on it should be renewed (RFC 9773)."`
	RenewUntil time.Time `json:"renewUntil" doc:"Until when it should be."`
}

// CertificateIssued is a certificate that was made.
type CertificateIssued struct {
	CertificateEntry

	Chain string `json:"chain" doc:"PEM: the certificate first, then those of its authorities, without the root."`
}

func (a API) entryOf(e pki.Entry) CertificateEntry {
	out := CertificateEntry{
		ID: e.ID, Serial: e.Serial, Kind: e.Holder.Kind, Project: e.Holder.Scope.Project, Stage: e.Holder.Scope.Stage, Name: e.Holder.Name, Names: e.Names,
		Issuer: e.Issuer, IssuerName: e.IssuerName, Profile: e.Profile, KeyAlgorithm: e.KeyAlgorithm, NotBefore: e.NotBefore, NotAfter: e.NotAfter, IssuedAt: e.IssuedAt,
		Fingerprint: e.Fingerprint, RenewedFrom: e.RenewedFrom, RenewedBy: e.RenewedBy, State: e.State(a.PKI.Clock.Now()),
	}
	if out.Names == nil {
		out.Names = []string{}
	}
	if e.Revoked != nil {
		out.Revocation = &CertificateRevocation{e.Revoked.At, e.Revoked.Reason, e.Revoked.By}
	}
	return out
}

type listInput struct {
	httpserver.PageParams

	Kind   pki.HolderKind `query:"kind" doc:"Only those of holders of this kind."`
	Name   string         `query:"name" maxLength:"253" doc:"Only those of a holder of this name, or whose first name it is."`
	Before time.Time      `query:"before" doc:"Only those that end before this time."`
	State  pki.EntryState `query:"state" doc:"Only those that stand so."`
	Issuer string         `query:"issuer" maxLength:"300" doc:"Only those of the authority with this id."`
}

type listOutput struct{ Body kernel.Page[CertificateEntry] }

func (a API) list(ctx context.Context, in *listInput) (*listOutput, error) {
	page, err := a.PKI.Certificates(ctx, tenantOf(ctx), pki.Filter{Kind: in.Kind, Name: in.Name, Before: in.Before, State: in.State, Issuer: in.Issuer}, in.Page())
	out := kernel.Page[CertificateEntry]{Items: []CertificateEntry{}, Next: page.Next}
	for _, e := range page.Items {
		out.Items = append(out.Items, a.entryOf(e))
	}
	return &listOutput{Body: out}, err
}

// Path names a certificate.
type Path struct {
	Certificate string `path:"certificate" maxLength:"128" doc:"The certificate's id."`
}

type shownOutput struct{ Body CertificateShown }

func (a API) get(ctx context.Context, in *Path) (*shownOutput, error) {
	e, err := a.PKI.Show(ctx, tenantOf(ctx), in.Certificate)
	if err != nil {
		return nil, err
	}
	out := &shownOutput{Body: CertificateShown{CertificateEntry: a.entryOf(e), PEM: e.PEM()}}
	out.Body.RenewFrom, out.Body.RenewUntil = pki.RenewalWindow(e)
	return out, nil
}

type issueInput struct {
	Body struct {
		Kind        pki.HolderKind `json:"kind" doc:"workload, service or database; the others are made by Terrace itself."`
		Project     string         `json:"project" minLength:"1" maxLength:"63"`
		Stage       string         `json:"stage" minLength:"1" maxLength:"63"`
		Name        string         `json:"name" minLength:"1" maxLength:"63" doc:"The holder's name."`
		Names       []string       `json:"names,omitempty" maxItems:"100" doc:"The hosts that it is for. A workload has none: its name is its SPIFFE ID."`
		Request     string         `json:"request" minLength:"1" maxLength:"65536" doc:"A certificate request as PEM (RFC 2986), of which the key alone counts."`
		Profile     pki.Profile    `json:"profile,omitempty" doc:"client for a workload, and server for others, unless given."`
		LifeSeconds int64          `json:"lifeSeconds,omitempty" minimum:"60" maximum:"7776000" doc:"How long it is valid; a day for clients and 30 days for servers unless given. A workload's is 30 days at most."`
	}
}

type issuedOutput struct{ Body CertificateIssued }

func (a API) issue(ctx context.Context, in *issueInput) (*issuedOutput, error) {
	b := in.Body
	issued, e, err := a.PKI.Ask(ctx, pki.Request{
		Holder: pki.Holder{Kind: b.Kind, Scope: kernel.Scope{Tenant: tenantOf(ctx), Project: b.Project, Stage: b.Stage}, Name: b.Name},
		Names:  b.Names, CSR: []byte(b.Request), Profile: b.Profile, Life: time.Duration(b.LifeSeconds) * time.Second,
	})
	if err != nil {
		return nil, err
	}
	return &issuedOutput{Body: CertificateIssued{a.entryOf(e), string(issued.PEM())}}, nil
}

type renewInput struct {
	Path
	Body struct {
		Request string `json:"request,omitempty" maxLength:"65536" doc:"A certificate request as PEM, of which the key alone counts; the same key is certified unless given."`
	}
}

func (a API) renew(ctx context.Context, in *renewInput) (*issuedOutput, error) {
	issued, e, err := a.PKI.Renew(ctx, tenantOf(ctx), in.Certificate, []byte(in.Body.Request))
	if err != nil {
		return nil, err
	}
	return &issuedOutput{Body: CertificateIssued{a.entryOf(e), string(issued.PEM())}}, nil
}

type revokeInput struct {
	Path
	Body struct {
		Cause  pki.Reason `json:"cause" doc:"What is told to who asks for the certificate's status."`
		Reason string     `json:"reason,omitempty" maxLength:"2000" doc:"Why; it is in the audit log."`
	}
}

type entryOutput struct{ Body CertificateEntry }

func (a API) revoke(ctx context.Context, in *revokeInput) (*entryOutput, error) {
	e, err := a.PKI.Withdraw(ctx, tenantOf(ctx), in.Certificate, in.Body.Cause, in.Body.Reason)
	return &entryOutput{Body: a.entryOf(e)}, err
}

type revokeUnlistedInput struct {
	Body struct {
		Certificate string     `json:"certificate" minLength:"1" maxLength:"65536" doc:"The certificate as PEM."`
		Cause       pki.Reason `json:"cause" doc:"What is told to who asks for the certificate's status."`
		Reason      string     `json:"reason,omitempty" maxLength:"2000" doc:"Why; it is in the audit log."`
	}
}

func (a API) revokeUnlisted(ctx context.Context, in *revokeUnlistedInput) (*entryOutput, error) {
	e, err := a.PKI.WithdrawCertificate(ctx, in.Body.Certificate, in.Body.Cause, in.Body.Reason)
	return &entryOutput{Body: a.entryOf(e)}, err
}
