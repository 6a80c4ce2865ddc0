package azuresim

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// handler answers by host: the data planes by their names, everything else on localhost.
func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metadata/endpoints", s.metadata)
	for _, pattern := range []string{"GET /v1.0/servicePrincipals", "GET /v1.0/servicePrincipals/{id}", "GET /v1.0/directoryObjects/{id}", "POST /v1.0/directoryObjects/getByIds"} {
		mux.HandleFunc(pattern, s.graph)
	}
	s.entra.Routes(mux)
	s.operations(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(arm.HeaderSimulation, "azure")
		if name, service, is := plane(r.Host); is {
			s.data(w, r, name, service)
			return
		}
		if r.Host == signInHost && r.URL.Path != "/common/discovery/instance" {
			arm.RefuseJSON(w, arm.NotFound("HostNotFound", "The simulated Azure signs in at %s.", s.Endpoint()))
			return
		}
		if strings.HasPrefix(r.URL.Path, "/v1.0/") {
			s.graph(w, r)
			return
		}
		if _, pattern := mux.Handler(r); pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		s.engine.ServeHTTP(w, r)
	})
}

// plane reads a data plane's host: "kv1.vault.azuresim.localhost" is kv1 of vault.
func plane(host string) (name, service string, is bool) {
	if bare, _, err := net.SplitHostPort(host); err == nil {
		host = bare
	}
	rest, is := strings.CutSuffix(strings.ToLower(host), "."+Domain)
	if !is {
		return "", "", false
	}
	name, service, _ = strings.Cut(rest, ".")
	return name, service, true
}

func (s *Server) data(w http.ResponseWriter, r *http.Request, name, service string) {
	handler := s.planes[service]
	if handler == nil {
		arm.RefuseJSON(w, arm.NotFound("HostNotFound", "The simulated Azure has no data plane at %s (%s of %s).", r.Host, name, service))
		return
	}
	r.URL.Host = strings.ToLower(r.Host)
	handler.ServeHTTP(w, r)
}

// authenticate says who sent a request, from its bearer token.
func (s *Server) authenticate(r *http.Request) (arm.Caller, error) {
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer {
		return arm.Caller{}, s.unauthorized("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
	}
	claims, err := s.entra.Verify(token)
	if err != nil {
		return arm.Caller{}, s.unauthorized("InvalidAuthenticationToken", fmt.Sprintf("The access token is invalid: %v.", err))
	}
	if !s.fits(claims.Audience(), r.Host) {
		return arm.Caller{}, s.unauthorized("InvalidAuthenticationTokenAudience", fmt.Sprintf("The access token has been obtained for wrong audience or resource '%s'.", claims.Audience()))
	}
	return arm.Caller{
		ObjectID: claims.Text("oid"), AppID: claims.Text("appid"), TenantID: claims.Text("tid"), Name: claims.Text("app_displayname"),
		Owner: claims.Text("oid") == s.cloud.ObjectID,
	}, nil
}

func (s *Server) unauthorized(code, message string) error {
	return &arm.Error{Status: http.StatusUnauthorized, Code: code, Message: message, Target: s.Endpoint() + "/" + s.cloud.TenantID}
}

// fits tells whether a token's audience is the host's: Resource Manager's own, storage's, or a name
// that the data plane's host ends with.
func (s *Server) fits(audience, host string) bool {
	_, service, data := plane(host)
	if !data {
		return slices.Contains(audiences(s.Endpoint()), strings.TrimSuffix(audience, "/"))
	}
	audience = strings.TrimSuffix(strings.TrimPrefix(audience, "https://"), "/")
	if strings.HasSuffix(service, ".core") && audience == "storage.azure.com" {
		return true
	}
	bare := strings.ToLower(host)
	if only, _, err := net.SplitHostPort(bare); err == nil {
		bare = only
	}
	return bare == audience || strings.HasSuffix(bare, "."+audience)
}
