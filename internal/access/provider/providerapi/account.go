package providerapi

import (
	"net/http"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// accountSessions is where people see where they are signed in.
	accountSessions = "/account/sessions"
	// accountAge is how long ago somebody may have signed in who looks there.
	accountAge = 15 * time.Minute
)

// sessionRow is a sign-in as the page shows it.
type sessionRow struct {
	ID, What, Methods, Address, Began, Used, Ends string
	// Here says that it is this browser's, With that it ends with a browser.
	Here, With bool
}

// showSessions lists where the person in the browser is signed in.
func (h *Handler) showSessions(w http.ResponseWriter, r *http.Request) {
	who, ok := h.Recent(w, r, accountSessions, accountAge)
	if !ok {
		return
	}
	here, err := h.Provider.InBrowser(r.Context(), h.read(r, cookieSignIn))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	all, err := h.Provider.ListActive(kernel.WithActor(r.Context(), who.Actor), kernel.Scope{Tenant: who.Tenant}, "")
	if err != nil {
		h.fail(w, r, err)
		return
	}
	rows := make([]sessionRow, len(all))
	for i, a := range all {
		rows[i] = sessionRowOf(a, here.ID)
	}
	h.show(w, http.StatusOK, "sessions", view{Title: "Where you are signed in", User: who.Name, Sessions: rows, Account: h.Account, Form: h.formOf(w, r)})
}

func sessionRowOf(a provider.Active, here string) sessionRow {
	const moment = "2 January 2006, 15:04 MST"
	row := sessionRow{
		ID: a.ID, What: a.Client, Methods: strings.Join(a.Methods, ", "), Address: a.Address, Here: a.ID == here, With: a.Browser != "",
		Began: a.BeganAt.UTC().Format(moment), Used: a.UsedAt.UTC().Format(moment), Ends: a.EndsAt.UTC().Format(moment),
	}
	switch {
	case row.Here:
		row.What = "This browser"
	case a.Kind == provider.ActiveBrowser:
		row.What = "A browser"
	}
	return row
}

// endSession ends one of them, of somebody who signed in lately.
func (h *Handler) endSession(w http.ResponseWriter, r *http.Request) {
	if err := h.CheckForm(r); err != nil {
		h.fail(w, r, err)
		return
	}
	who, ok := h.Recent(w, r, accountSessions, accountAge)
	if !ok {
		return
	}
	ctx, scope := kernel.WithActor(r.Context(), who.Actor), kernel.Scope{Tenant: who.Tenant}
	if err := h.Provider.EndActive(ctx, scope, "", r.PostForm.Get("session")); err != nil {
		h.fail(w, r, err)
		return
	}
	http.Redirect(w, r, accountSessions, http.StatusSeeOther)
}
