package azuresim

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// maxGraph bounds the body of a request to Microsoft Graph.
const maxGraph = 64 << 10

// principal is a service principal as Microsoft Graph shows it.
type principal struct {
	Type        string `json:"@odata.type"`
	ID          string `json:"id"`
	AppID       string `json:"appId"`
	DisplayName string `json:"displayName"`
	Kind        string `json:"servicePrincipalType"`
}

// graph answers what the provider asks Microsoft Graph: service principals by id and by filter.
func (s *Server) graph(w http.ResponseWriter, r *http.Request) {
	if _, err := s.authenticate(r); err != nil {
		arm.RefuseJSON(w, err)
		return
	}
	all := s.principals()
	path := strings.Trim(strings.TrimPrefix(r.URL.Path, "/v1.0/"), "/")
	kind, id, one := strings.Cut(path, "/")
	switch {
	case kind == "servicePrincipals" && !one:
		writeJSON(w, http.StatusOK, map[string]any{"value": filtered(all, r.URL.Query().Get("$filter"))})
		return
	case path == "directoryObjects/getByIds":
		writeJSON(w, http.StatusOK, map[string]any{"value": byIDs(all, w, r)})
		return
	case kind == "servicePrincipals" || kind == "directoryObjects":
		for _, p := range all {
			if strings.EqualFold(p.ID, id) {
				writeJSON(w, http.StatusOK, p)
				return
			}
		}
	}
	arm.RefuseJSON(w, arm.NotFound("Request_ResourceNotFound", "Resource '%s' does not exist or one of its queried reference-property objects are not present.", path))
}

// principals are the default one, the apps and the user-assigned identities.
func (s *Server) principals() []principal {
	one := func(id, app, name, kind string) principal {
		return principal{"#microsoft.graph.servicePrincipal", id, app, name, kind}
	}
	out := []principal{one(s.cloud.ObjectID, s.cloud.ClientID, "default", "Application")}
	_ = s.engine.Read(arm.Caller{Owner: true}, func(c *arm.Context) error { // fn returns no error
		for _, a := range apps(c) {
			out = append(out, one(a.ObjectID, a.ClientID, a.Name, "Application"))
		}
		for _, i := range c.Under("", arm.TypeIdentity) {
			out = append(out, one(i.Str("properties.principalId"), i.Str("properties.clientId"), i.Name(), "ManagedIdentity"))
		}
		return nil
	})
	return out
}

func filtered(all []principal, filter string) []principal {
	m := regexp.MustCompile(`^(appId|id|displayName) eq '([^']*)'$`).FindStringSubmatch(strings.TrimSpace(filter))
	out := []principal{}
	for _, p := range all {
		value := map[string]string{"appId": p.AppID, "id": p.ID, "displayName": p.DisplayName}
		if filter == "" || m != nil && strings.EqualFold(value[m[1]], m[2]) {
			out = append(out, p)
		}
	}
	return out
}

func byIDs(all []principal, w http.ResponseWriter, r *http.Request) []principal {
	var in struct {
		IDs []string `json:"ids"`
	}
	out := []principal{}
	if json.NewDecoder(http.MaxBytesReader(w, r.Body, maxGraph)).Decode(&in) != nil {
		return out
	}
	for _, id := range in.IDs {
		for _, p := range all {
			if strings.EqualFold(p.ID, id) {
				out = append(out, p)
			}
		}
	}
	return out
}
