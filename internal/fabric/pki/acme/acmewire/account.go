package acmewire

import (
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"

	"github.com/terrace-idp/terrace/internal/fabric/pki/acme"
)

// accountOf is an account as it is sent (RFC 8555 §7.1.2).
func (h *Handler) accountOf(a acme.Account) map[string]any {
	out := map[string]any{"status": a.Status, "orders": h.at("account", a.ID, "orders")}
	if len(a.Contact) > 0 {
		out["contact"] = a.Contact
	}
	if a.Agreed {
		out["termsOfServiceAgreed"] = true
	}
	if len(a.Binding) > 0 {
		out["externalAccountBinding"] = a.Binding
	}
	return out
}

// newAccount is RFC 8555 §7.3.
func (h *Handler) newAccount(w http.ResponseWriter, r *http.Request, m message) error {
	var in struct {
		Contact  []string        `json:"contact"`
		Agreed   bool            `json:"termsOfServiceAgreed"`
		Existing bool            `json:"onlyReturnExisting"`
		Binding  json.RawMessage `json:"externalAccountBinding"`
	}
	if err := m.decode(&in); err != nil {
		return err
	}
	b, err := h.binding(in.Binding, m.key)
	if err != nil {
		return err
	}
	n := acme.NewAccount{Contact: in.Contact, Agreed: in.Agreed, Existing: in.Existing, Binding: b}
	if n.Thumbprint, err = thumbprint(m.key); err != nil {
		return err
	}
	if n.JWK, err = plain(m.key); err != nil {
		return err
	}
	a, made, err := h.Service.Register(r.Context(), n)
	if err != nil {
		return err
	}
	w.Header().Set("Location", h.at("account", a.ID))
	status := http.StatusOK
	if made {
		status = http.StatusCreated
	}
	answer(w, status, h.accountOf(a))
	return nil
}

// own refuses an address of another account.
func own(r *http.Request, m message) error {
	if chi.URLParam(r, "id") != m.account.ID {
		return acme.Problemf(acme.Unauthorized, "this is the address of another account")
	}
	return nil
}

// account is RFC 8555 §7.3.2 and §7.3.6.
func (h *Handler) account(w http.ResponseWriter, r *http.Request, m message) error {
	if err := own(r, m); err != nil {
		return err
	}
	var in struct {
		Contact *[]string   `json:"contact"`
		Status  acme.Status `json:"status"`
	}
	if !m.isGet() {
		if err := m.decode(&in); err != nil {
			return err
		}
	}
	var a acme.Account
	var err error
	switch in.Status {
	case acme.Deactivated:
		a, err = h.Service.Deactivate(r.Context(), m.account.ID)
	case "", acme.Valid:
		a, err = h.Service.Update(r.Context(), m.account.ID, in.Contact)
	default:
		return acme.Problemf(acme.Malformed, "an account can be made deactivated, and nothing else")
	}
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, h.accountOf(a))
	return nil
}

// orders is RFC 8555 §7.1.2.1.
func (h *Handler) orders(w http.ResponseWriter, r *http.Request, m message) error {
	if err := own(r, m); err != nil {
		return err
	}
	ids, next, err := h.Service.OrdersOf(r.Context(), *m.account, r.URL.Query().Get("before"))
	if err != nil {
		return err
	}
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = h.at("order", id)
	}
	if next != "" {
		w.Header().Add("Link", "<"+h.at("account", m.account.ID, "orders")+"?before="+url.QueryEscape(next)+`>;rel="next"`)
	}
	answer(w, http.StatusOK, map[string]any{"orders": all})
	return nil
}

// keyChange is RFC 8555 §7.3.5.
func (h *Handler) keyChange(w http.ResponseWriter, r *http.Request, m message) error {
	change, err := h.rollover(m)
	if err != nil {
		return err
	}
	from, err := thumbprint(change.from)
	if err != nil {
		return err
	}
	to, err := thumbprint(change.to)
	if err != nil {
		return err
	}
	jwk, err := plain(change.to)
	if err != nil {
		return err
	}
	a, err := h.Service.Rollover(r.Context(), m.account.ID, from, jwk, to)
	if err != nil {
		if a.ID != "" && a.ID != m.account.ID {
			w.Header().Set("Location", h.at("account", a.ID))
		}
		return err
	}
	answer(w, http.StatusOK, h.accountOf(a))
	return nil
}
