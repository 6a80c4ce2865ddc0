package azuresim

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// prefix is where the operations API lives: what a person does to the cloud from outside.
const prefix = "/.terrace/"

// maxOperation bounds the body of a request to the operations API.
const maxOperation = 1 << 20

// operations registers the operations API. Every request needs the key of the
// file that a running simulator writes.
func (s *Server) operations(mux *http.ServeMux) {
	for pattern, run := range map[string]func(*http.Request) (any, error){
		"GET resources": s.listResources, "GET resource": s.showResource, "POST edit": s.editResource, "POST delete": s.deleteResource,
		"GET activity": s.showActivity, "GET faults": s.listFaults, "POST faults": s.addFault, "DELETE faults": s.clearFaults,
		"POST token": s.playToken, "GET apps": s.listApps, "POST apps": s.addApp,
	} {
		method, path, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(method+" "+prefix+path, s.guarded(run))
	}
}

func (s *Server) guarded(run func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		key := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		if subtle.ConstantTimeCompare([]byte(key), []byte(s.cloud.OperationsKey)) != 1 {
			arm.RefuseJSON(w, s.unauthorized("Unauthorized", "The operations API needs the key of the running simulator."))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxOperation)
		result, err := run(r)
		if err != nil {
			arm.RefuseJSON(w, err)
			return
		}
		writeJSON(w, http.StatusOK, result)
	}
}

func decode(r *http.Request, into any) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return arm.BadRequest("InvalidRequestContent", "The request is not what the operation takes: %v.", err)
	}
	return nil
}

func (s *Server) listResources(r *http.Request) (any, error) {
	return s.engine.Everything(r.URL.Query().Get("type")), nil
}

func (s *Server) showResource(r *http.Request) (any, error) {
	return s.engine.Show(r.URL.Query().Get("id"))
}

// edit is a change behind Terraform's back.
type edit struct {
	ID string `json:"id"`
	// As names who does it.
	As string `json:"as"`
	// Set has values by path; null removes.
	Set map[string]any `json:"set"`
}

func (e edit) caller(s *Server) arm.Caller {
	return arm.Caller{ObjectID: "00000000-0000-0000-0000-0000000000ff", TenantID: s.cloud.TenantID, Name: e.As, Owner: true}
}

func (s *Server) editResource(r *http.Request) (any, error) {
	var in edit
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	return s.engine.Edit(r.Context(), in.caller(s), in.ID, in.Set)
}

func (s *Server) deleteResource(r *http.Request) (any, error) {
	var in edit
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	return map[string]string{"deleted": in.ID}, s.engine.Delete(r.Context(), in.caller(s), in.ID)
}

func (s *Server) showActivity(*http.Request) (any, error) { return s.engine.Activity(), nil }

func (s *Server) listFaults(*http.Request) (any, error) { return s.engine.Faults(), nil }

func (s *Server) addFault(r *http.Request) (any, error) {
	var in arm.Fault
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	return s.engine.AddFault(in)
}

func (s *Server) clearFaults(*http.Request) (any, error) {
	s.engine.ClearFaults()
	return s.engine.Faults(), nil
}

// playToken makes a token of another issuer.
func (s *Server) playToken(r *http.Request) (any, error) {
	var in struct{ Issuer, Subject, Audience string }
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	if in.Issuer == "" || in.Subject == "" || in.Audience == "" {
		return nil, arm.BadRequest("InvalidToken", "a token has an issuer, a subject and an audience")
	}
	token, err := s.entra.Play(in.Issuer, in.Subject, in.Audience)
	return map[string]string{"token": token}, err
}

func (s *Server) listApps(*http.Request) (out any, err error) {
	err = s.engine.Read(arm.Caller{Owner: true}, func(c *arm.Context) error {
		out = append([]app{}, apps(c)...)
		return nil
	})
	return out, err
}

// addApp registers an application, or replaces the federated credentials of the one with its name.
func (s *Server) addApp(r *http.Request) (any, error) {
	in := app{}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	if in.Name == "" {
		return nil, arm.BadRequest("InvalidApp", "an application has a name")
	}
	in.ClientID, in.ObjectID = arm.NewUUID(), arm.NewUUID()
	return &in, s.saveApp(r.Context(), &in)
}

func (s *Server) saveApp(ctx context.Context, in *app) error {
	return s.engine.Write(ctx, arm.Caller{Name: "operator", Owner: true}, func(c *arm.Context) error {
		for _, known := range apps(c) {
			if known.Name == in.Name {
				in.ClientID, in.ObjectID = known.ClientID, known.ObjectID
			}
		}
		raw, err := json.Marshal(in)
		if err != nil {
			return err
		}
		c.PutRecord(recordsOfApps, in.Name, raw)
		return nil
	})
}
