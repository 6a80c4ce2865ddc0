// Package acmewire speaks ACME over HTTP (RFC 8555, RFC 9773).
//
// It owns addresses, the form of messages and answers, and the check of signatures. It decides
// nothing; acme does.
package acmewire

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/terrace-idp/terrace/internal/fabric/pki/acme"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Prefix is the path that all addresses lie below.
const Prefix = "/acme"

// Handler serves ACME. It implements app's wire.
type Handler struct {
	Service *acme.Service
	// Base is where clients reach it, without the path and without a slash at its end.
	Base string
	Log  *slog.Logger
}

// Mount adds the paths of ACME.
func (h *Handler) Mount(r chi.Router) {
	r.Get(Prefix+"/directory", h.directory)
	r.Get(Prefix+"/new-nonce", h.newNonce)
	r.Head(Prefix+"/new-nonce", h.newNonce)
	r.Get(Prefix+"/renewal-info/{certificate}", h.renewal)
	r.Post(Prefix+"/new-account", h.signed(anybody, h.newAccount))
	r.Post(Prefix+"/revoke", h.signed(either, h.revoke))
	for path, do := range map[string]step{
		"/account/{id}": h.account, "/account/{id}/orders": h.orders, "/key-change": h.keyChange, "/new-order": h.newOrder, "/order/{id}": h.order,
		"/order/{id}/finalize": h.finalize, "/authorization/{id}": h.authorization, "/challenge/{id}/{type}": h.challenge,
		"/certificate/{serial}": h.certificate, "/certificate/{serial}/{chain}": h.certificate,
	} {
		r.Post(Prefix+path, h.signed(account, do))
	}
}

// at is an address below the prefix.
func (h *Handler) at(path ...string) string {
	return h.Base + Prefix + "/" + strings.Join(path, "/")
}

// Directory is the address that clients are given.
func (h *Handler) Directory() string { return h.at("directory") }

// step answers a message.
type step func(w http.ResponseWriter, r *http.Request, m message) error

// who may send a message: an account, somebody with a key alone, or either.
type who int

const (
	account who = iota
	anybody
	either
)

// signed verifies a message before it is answered.
func (h *Handler) signed(by who, do step) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h.prepare(w, r)
		m, err := h.read(r)
		switch {
		case err != nil:
		case by == account && m.account == nil:
			err = acme.Problemf(acme.Malformed, "the message has to name its account, kid")
		case by == anybody && m.account != nil:
			err = acme.Problemf(acme.Malformed, "the message has to name its key, jwk")
		default:
			err = do(w, r, m)
		}
		if err != nil {
			h.refuse(w, r, err)
		}
	}
}

// prepare sets what every answer to a message has.
func (h *Handler) prepare(w http.ResponseWriter, r *http.Request) {
	w.Header().Add("Link", "<"+h.Directory()+`>;rel="index"`)
	w.Header().Set("Cache-Control", "no-store")
	nonce, err := h.Service.NewNonce(r.Context())
	if err != nil {
		h.Log.ErrorContext(r.Context(), "there is no nonce for ACME", "error", err)
		return
	}
	w.Header().Set("Replay-Nonce", nonce)
}

// newNonce is RFC 8555 §7.2.
func (h *Handler) newNonce(w http.ResponseWriter, r *http.Request) {
	h.prepare(w, r)
	if r.Method == http.MethodHead {
		w.WriteHeader(http.StatusOK)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// directory is RFC 8555 §7.1.1.
func (h *Handler) directory(w http.ResponseWriter, _ *http.Request) {
	meta := map[string]any{"externalAccountRequired": h.Service.Open == nil}
	if h.Service.Terms != "" {
		meta["termsOfService"] = h.Service.Terms
	}
	answer(w, http.StatusOK, map[string]any{
		"newNonce": h.at("new-nonce"), "newAccount": h.at("new-account"), "newOrder": h.at("new-order"), "revokeCert": h.at("revoke"), "keyChange": h.at("key-change"),
		"renewalInfo": h.at("renewal-info"), "meta": meta,
	})
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // a client that is gone does not hear it
}

// urn is what types of problems begin with (RFC 8555 §6.7).
const urn = "urn:ietf:params:acme:error:"

// problem is a problem as it is sent (RFC 7807).
type problem struct {
	Type        string           `json:"type"`
	Detail      string           `json:"detail"`
	Status      int              `json:"status,omitempty"`
	Identifier  *acme.Identifier `json:"identifier,omitempty"`
	Subproblems []problem        `json:"subproblems,omitempty"`
	Algorithms  []string         `json:"algorithms,omitempty"`
}

func problemOf(p *acme.Problem) *problem {
	if p == nil {
		return nil
	}
	out := &problem{Type: urn + p.Type, Detail: p.Detail, Status: p.Status, Identifier: p.Identifier}
	for _, sub := range p.Subproblems {
		one := problemOf(&sub)
		one.Status = 0
		out.Subproblems = append(out.Subproblems, *one)
	}
	if p.Type == acme.BadSignatureAlgorithm { // RFC 8555 §6.2
		for _, a := range algorithms() {
			out.Algorithms = append(out.Algorithms, string(a))
		}
	}
	return out
}

// refuse sends an error.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	p, ok := errors.AsType[*acme.Problem](err)
	if !ok {
		p = h.internal(r.Context(), err)
	}
	if p.After > 0 {
		w.Header().Set("Retry-After", seconds(p.After))
	}
	if p.Type == acme.UserActionRequired {
		w.Header().Add("Link", "<"+h.Service.Terms+`>;rel="terms-of-service"`)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(problemOf(p)) // a client that is gone does not hear it
}

// internal is what a client is told of an error that is none of its own.
func (h *Handler) internal(ctx context.Context, err error) *acme.Problem {
	p := acme.Problemf(acme.ServerInternal, "this went wrong here: try again in a moment")
	switch kernel.KindOf(err) {
	case kernel.Unavailable, kernel.Stale, kernel.Locked:
		p.Status, p.After = http.StatusServiceUnavailable, 5*time.Second
	case kernel.Limited:
		p = acme.Problemf(acme.RateLimited, "%s", err.Error())
	case kernel.Refused:
		p = acme.Problemf(acme.Unauthorized, "%s", err.Error())
	default:
		h.Log.ErrorContext(ctx, "an ACME request failed", "error", err, "request_id", kernel.RequestIDFrom(ctx))
	}
	return p
}

func seconds(d time.Duration) string {
	return strconv.Itoa(max(1, int(d.Round(time.Second)/time.Second)))
}
