package workloadapi

import (
	"context"
	"fmt"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/spiffe/go-spiffe/v2/bundle/jwtbundle"
	"github.com/spiffe/go-spiffe/v2/proto/spiffe/workload"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/svid/jwtsvid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
)

const (
	maxAudiences = 32
	// maxAudience is how long one may be, in bytes.
	maxAudience = 1024
)

// FetchJWTSVID returns a JWT-SVID of the caller for audiences.
func (s *Service) FetchJWTSVID(ctx context.Context, r *workload.JWTSVIDRequest) (*workload.JWTSVIDResponse, error) {
	w, err := s.identify(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkAudiences(r.GetAudience()); err != nil {
		return nil, err
	}
	id := w.URI(s.config.Trust.Domain()).String()
	if r.GetSpiffeId() != "" && r.GetSpiffeId() != id {
		return nil, status.Error(codes.PermissionDenied, "no identity issued: the SPIFFE ID asked for is not this workload's")
	}
	token, err := s.sign(id, r.GetAudience())
	if err != nil {
		return nil, s.failed(ctx, err)
	}
	return &workload.JWTSVIDResponse{Svids: []*workload.JWTSVID{{SpiffeId: id, Svid: token}}}, nil
}

func checkAudiences(all []string) error {
	if len(all) == 0 || len(all) > maxAudiences {
		return status.Errorf(codes.InvalidArgument, "there must be 1 to %d audiences", maxAudiences)
	}
	for _, a := range all {
		if a == "" || len(a) > maxAudience {
			return status.Errorf(codes.InvalidArgument, "an audience has 1 to %d bytes", maxAudience)
		}
	}
	return nil
}

// sign makes a token (JWT-SVID §3).
func (s *Service) sign(id string, audience []string) (string, error) {
	k := s.jwt.signer()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: k.key, KeyID: k.id}}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", fmt.Errorf("sign a JWT-SVID: %w", err)
	}
	now := s.config.Clock.Now()
	token, err := jwt.Signed(signer).Claims(jwt.Claims{
		Subject: id, Audience: audience, IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(jwtLife)),
	}).Serialize()
	if err != nil {
		return "", fmt.Errorf("sign a JWT-SVID: %w", err)
	}
	return token, nil
}

// FetchJWTBundles sends the keys that JWT-SVIDs are verified by, and whenever they change.
func (s *Service) FetchJWTBundles(_ *workload.JWTBundlesRequest, stream workload.SpiffeWorkloadAPI_FetchJWTBundlesServer) error {
	return keep(s, stream.Context(), stream.Send, func(context.Context, pki.Workload) (*workload.JWTBundlesResponse, error) {
		set, err := s.jwt.set()
		if err != nil {
			return nil, err
		}
		return &workload.JWTBundlesResponse{Bundles: map[string][]byte{"spiffe://" + s.config.Trust.Domain(): set}}, nil
	})
}

// ValidateJWTSVID tells whose a JWT-SVID is, for one audience.
func (s *Service) ValidateJWTSVID(ctx context.Context, r *workload.ValidateJWTSVIDRequest) (*workload.ValidateJWTSVIDResponse, error) {
	if _, err := s.identify(ctx); err != nil {
		return nil, err
	}
	if err := checkAudiences([]string{r.GetAudience()}); err != nil {
		return nil, err
	}
	set, err := s.jwt.set()
	if err != nil {
		return nil, s.failed(ctx, err)
	}
	domain, err := spiffeid.TrustDomainFromString(s.config.Trust.Domain())
	if err != nil {
		return nil, s.failed(ctx, err)
	}
	bundle, err := jwtbundle.Parse(domain, set)
	if err != nil {
		return nil, s.failed(ctx, err)
	}
	valid, err := jwtsvid.ParseAndValidate(r.GetSvid(), bundle, []string{r.GetAudience()})
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	claims, err := structpb.NewStruct(valid.Claims)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, "its claims are not JSON")
	}
	return &workload.ValidateJWTSVIDResponse{SpiffeId: valid.ID.String(), Claims: claims}, nil
}
