package pkiapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerAuthorities(api huma.API) {
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/certificate-authorities" + path, Summary: summary, Tags: []string{"certificates"}}
	}
	httpserver.Register(api, op("list-certificate-authorities", http.MethodGet, "", "List the authorities of the platform, the newest of each kind first"), a.authorities)
	httpserver.Register(api, op("rotate-certificate-authority", http.MethodPost, "/rotation", "Have the next generation be trusted, and sign after a notice"), a.rotate)
	httpserver.Register(api, op("activate-certificate-authority", http.MethodPost, "/activation", "Have the next authority sign from now on"), a.activate)
	httpserver.Register(api, op("abort-certificate-authority", http.MethodPost, "/abortion", "Take the next authority back, or a request that waits"), a.abort)
	request := op("request-certificate-authority", http.MethodPost, "/requests", "Make a request for an intermediate that an authority elsewhere certifies")
	request.DefaultStatus = http.StatusCreated
	httpserver.Register(api, request, a.request)
	httpserver.Register(api, op("install-certificate-authority", http.MethodPut, "/next", "Take the chain that an authority elsewhere gave for the request"), a.install)
}

// CertificateAuthority is an authority of the platform.
type CertificateAuthority struct {
	ID          string      `json:"id"`
	Kind        pki.CAKind  `json:"kind"`
	Generation  int64       `json:"generation"`
	State       pki.CAState `json:"state"`
	Name        string      `json:"name,omitempty" doc:"The distinguished name; empty while it is requested."`
	Parent      string      `json:"parent,omitempty" doc:"The id of the root that an intermediate lies below."`
	Zones       []string    `json:"zones" doc:"What it may certify names of."`
	External    bool        `json:"external,omitempty" doc:"Whether its key is elsewhere."`
	CrossSigned int         `json:"crossSigned,omitempty" doc:"By how many roots of before it is certified as well."`
	NotBefore   *time.Time  `json:"notBefore,omitempty"`
	NotAfter    *time.Time  `json:"notAfter,omitempty"`
	CreatedAt   time.Time   `json:"createdAt"`
	SignsAt     *time.Time  `json:"signsAt,omitempty" doc:"When it begins to sign, or began to."`
	CeasedAt    *time.Time  `json:"ceasedAt,omitempty" doc:"When it ceased to sign."`
	RetiredAt   *time.Time  `json:"retiredAt,omitempty" doc:"When it ceased to be trusted, and its key was destroyed."`
	PEM         string      `json:"pem,omitempty" doc:"Its certificate."`
}

func authorityOf(c pki.CA) CertificateAuthority {
	out := CertificateAuthority{
		ID: c.ID, Kind: c.Kind, Generation: c.Generation, State: c.State, Name: c.Subject(), Parent: c.Parent, Zones: c.Zones, External: c.External(), CrossSigned: len(c.Crosses),
		CreatedAt: c.CreatedAt, SignsAt: given(c.SignsAt), CeasedAt: given(c.CeasedAt), RetiredAt: given(c.RetiredAt),
	}
	if c.Cert != nil {
		out.NotBefore, out.NotAfter, out.PEM = given(c.Cert.NotBefore), given(c.Cert.NotAfter), c.PEM()
	}
	return out
}

func given(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// CertificateAuthorities are all of them.
type CertificateAuthorities struct {
	Items []CertificateAuthority `json:"items"`
}

type authoritiesOutput struct{ Body CertificateAuthorities }

func authoritiesOf(all []pki.CA, err error) (*authoritiesOutput, error) {
	out := &authoritiesOutput{Body: CertificateAuthorities{Items: []CertificateAuthority{}}}
	for _, c := range all {
		out.Body.Items = append(out.Body.Items, authorityOf(c))
	}
	return out, err
}

func (a API) authorities(ctx context.Context, _ *struct{}) (*authoritiesOutput, error) {
	return authoritiesOf(a.PKI.All(ctx))
}

// Notice is how the next authority takes its place.
type Notice struct {
	NoticeSeconds         int64 `json:"noticeSeconds,omitempty" minimum:"10" maximum:"7776000" doc:"How long it is trusted before it signs; an hour unless given."`
	WithoutCrossSignature bool  `json:"withoutCrossSignature,omitempty" doc:"Whether clients that trust only the root of now may fail once it signs, where that root can certify no other."`
}

func (n Notice) duration() time.Duration { return time.Duration(n.NoticeSeconds) * time.Second }

type rotateInput struct {
	Body struct {
		Notice

		Workloads bool `json:"workloads,omitempty" doc:"Whether another key signs for workloads, at once, in place of another root for the zones."`
		Distrust  bool `json:"distrust,omitempty" doc:"Whether the keys before, of workloads, are trusted no longer."`
	}
}

func (a API) rotate(ctx context.Context, in *rotateInput) (*authoritiesOutput, error) {
	return authoritiesOf(a.PKI.Rotate(ctx, pki.Rotation{
		Workloads: in.Body.Workloads, Distrust: in.Body.Distrust, Notice: in.Body.duration(), WithoutCross: in.Body.WithoutCrossSignature,
	}))
}

func (a API) activate(ctx context.Context, _ *struct{}) (*authoritiesOutput, error) {
	return authoritiesOf(a.PKI.Activate(ctx))
}

func (a API) abort(ctx context.Context, _ *struct{}) (*authoritiesOutput, error) {
	return authoritiesOf(a.PKI.Abort(ctx))
}

type requestInput struct {
	Body struct {
		CommonName string `json:"commonName,omitempty" maxLength:"64" doc:"The common name that is asked for; one is made up unless given."`
	}
}

// CertificateAuthorityRequest is a request for the certificate of an authority.
type CertificateAuthorityRequest struct {
	Authority CertificateAuthority `json:"authority"`
	Request   string               `json:"request" doc:"The certificate request as PEM (RFC 2986)."`
}

type requestOutput struct{ Body CertificateAuthorityRequest }

func (a API) request(ctx context.Context, in *requestInput) (*requestOutput, error) {
	c, request, err := a.PKI.Upstream(ctx, in.Body.CommonName)
	return &requestOutput{Body: CertificateAuthorityRequest{authorityOf(c), string(request)}}, err
}

type installInput struct {
	Body struct {
		Notice

		Chain string `json:"chain" minLength:"1" maxLength:"131072" doc:"PEM: the certificate of the request, those above it, each signed by the next, and the root last."`
	}
}

func (a API) install(ctx context.Context, in *installInput) (*authoritiesOutput, error) {
	return authoritiesOf(a.PKI.Install(ctx, in.Body.Chain, in.Body.duration(), in.Body.WithoutCrossSignature))
}
