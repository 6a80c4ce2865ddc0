package vault

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// refused is an error as the data plane writes it.
type refused struct {
	status        int
	code, message string
	inner         string
}

func (r *refused) Error() string { return r.code + ": " + r.message }

func refuse(status int, code, format string, args ...any) error {
	return &refused{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

func badParameter(format string, args ...any) error {
	return refuse(http.StatusBadRequest, "BadParameter", format, args...)
}

func forbidden(inner, format string, args ...any) error {
	return &refused{status: http.StatusForbidden, code: "Forbidden", message: fmt.Sprintf(format, args...), inner: inner}
}

func notFound(kind, name string) error {
	codes := map[string]string{keys: "KeyNotFound", secrets: "SecretNotFound", certificates: "CertificateNotFound"}
	return refuse(http.StatusNotFound, codes[kind],
		"A %s with (name/id) %s was not found in this key vault. If you recently deleted this %s you may be able to recover it using the correct recovery command.", singular(kind), name, singular(kind))
}

func singular(kind string) string { return kind[:len(kind)-1] }

// write sends an error.
func (p *Plane) refuse(w http.ResponseWriter, err error) {
	known, is := errors.AsType[*refused](err)
	if unauthorized, yes := errors.AsType[*arm.Error](err); yes && !is {
		known = &refused{status: unauthorized.Status, code: unauthorized.Code, message: unauthorized.Message}
	}
	if known == nil {
		known = &refused{status: http.StatusInternalServerError, code: "InternalServerError", message: err.Error()}
	}
	if known.status == http.StatusUnauthorized {
		p.challenge(w)
	}
	body := arm.Object{"code": known.code, "message": known.message}
	if known.inner != "" {
		body["innererror"] = arm.Object{"code": known.inner}
	}
	send(w, known.status, arm.Object{"error": body})
}

// challenge tells a caller without a token where to get one.
func (p *Plane) challenge(w http.ResponseWriter) {
	var cloud arm.Cloud
	_ = p.engine.Read(arm.Caller{}, func(c *arm.Context) error { cloud = c.Cloud(); return nil }) // fn returns no error
	w.Header().Set("Www-Authenticate", fmt.Sprintf("Bearer authorization=%q, resource=%q", cloud.Endpoint+"/"+cloud.TenantID, "https://vault."+cloud.Domain))
}

func send(w http.ResponseWriter, status int, body any) {
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Ms-Keyvault-Service-Version", "1.9.0.0")
	h.Set("X-Ms-Request-Id", arm.NewUUID())
	if body == nil {
		w.WriteHeader(status)
		return
	}
	raw, err := json.Marshal(body)
	if err != nil {
		status, raw = http.StatusInternalServerError, []byte(`{"error":{"code":"InternalServerError","message":"the answer cannot be written"}}`)
	}
	h.Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(raw) // a client that has gone needs no answer
}
