package oauth

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/ory/fosite"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Device is the answer to a device that wants to be signed in (RFC 8628 §3.2).
type Device struct {
	DeviceCode string `json:"device_code"`
	UserCode   string `json:"user_code"`
	// Verification is where a person types the code; Complete has it filled in.
	Verification string `json:"verification_uri"`
	Complete     string `json:"verification_uri_complete"`
	ExpiresIn    int    `json:"expires_in"`
	Interval     int    `json:"interval"`
}

// Device answers the device authorization endpoint.
func (s *Server) Device(w http.ResponseWriter, r *http.Request) {
	out, err := s.beginDevice(r)
	if err != nil {
		if isOurs(err) {
			s.provider.Log.ErrorContext(r.Context(), "a device code was not given", "error", causeOf(err))
			err = fosite.ErrServerError
		}
		s.refuse(w, r, nil, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(out) // the client may have left
}

func (s *Server) beginDevice(r *http.Request) (*Device, error) {
	if err := readForm(r); err != nil {
		return nil, err
	}
	ctx := r.Context()
	by, err := s.fosite.AuthenticateClient(ctx, r, r.PostForm)
	if err != nil {
		return nil, err
	}
	if !by.GetGrantTypes().Has(provider.GrantDevice) {
		return nil, fosite.ErrUnauthorizedClient.WithHint("The client may not sign devices in.")
	}
	scopes := strings.Fields(r.PostForm.Get("scope"))
	for _, scope := range scopes {
		if !by.GetScopes().Has(scope) {
			return nil, fosite.ErrInvalidScope.WithHintf("The client may not have the scope %q.", scope)
		}
	}
	audiences := fosite.GetAudiences(r.PostForm)
	if err := within(by.GetAudience(), audiences); err != nil {
		return nil, err
	}
	d, secret, err := s.provider.BeginDevice(ctx, clientIn(by), scopes, audiences)
	if kernel.Is(err, kernel.Locked) {
		return nil, &fosite.RFC6749Error{ErrorField: "slow_down", DescriptionField: err.Error(), CodeField: http.StatusTooManyRequests}
	}
	if err != nil {
		return nil, err
	}
	page := s.provider.Issuer + "/device"
	return &Device{
		DeviceCode: secret, UserCode: d.Human(), Verification: page, Complete: page + "?user_code=" + d.Human(),
		ExpiresIn: int(provider.DeviceLife.Seconds()), Interval: d.Interval,
	}, nil
}

// deviceHandler gives tokens to a device that was let in.
type deviceHandler struct{ server *Server }

// CanSkipClientAuth implements fosite.TokenEndpointHandler, as the methods below do.
func (deviceHandler) CanSkipClientAuth(context.Context, fosite.AccessRequester) bool { return false }

// CanHandleTokenEndpointRequest reports whether a device asks.
func (deviceHandler) CanHandleTokenEndpointRequest(_ context.Context, r fosite.AccessRequester) bool {
	return r.GetGrantTypes().ExactOne(provider.GrantDevice)
}

// HandleTokenEndpointRequest answers a device that asks whether it was let in.
func (h deviceHandler) HandleTokenEndpointRequest(ctx context.Context, r fosite.AccessRequester) error {
	if !r.GetClient().GetGrantTypes().Has(provider.GrantDevice) {
		return fosite.ErrUnauthorizedClient.WithHint("The client may not sign devices in.")
	}
	s := h.server
	d, answer, err := s.provider.Poll(ctx, r.GetClient().GetID(), r.GetRequestForm().Get("device_code"))
	if err != nil {
		return err
	}
	if answer != provider.PollDone {
		return polled(answer)
	}
	actor, err := s.provider.Users.Acting(ctx, d.Tenant, d.Subject)
	if err = notFound(err); err != nil {
		return fosite.ErrInvalidGrant.WithHint("Who let the device in may not sign in.").WithWrap(err)
	}
	r.SetRequestedScopes(d.Scopes)
	for _, scope := range d.Scopes {
		r.GrantScope(scope)
	}
	r.SetRequestedAudience(d.Audiences)
	for _, audience := range d.Audiences {
		r.GrantAudience(audience)
	}
	level := provider.SignIn{Methods: d.Methods}.Level()
	if _, err := s.begin(ctx, r, proof{actor: actor, methods: d.Methods, level: level, at: d.AuthTime, asked: d.CreatedAt, via: d.Via, kind: provider.ActiveDevice}); err != nil {
		return err
	}
	expireAt(r, s.provider.Clock.Now())
	return nil
}

func polled(answer provider.Polled) error {
	hints := map[provider.Polled]string{
		provider.PollPending:  "Nobody has let the device in yet.",
		provider.PollSlowDown: "The device asks too often; wait five seconds longer between two questions.",
		provider.PollDenied:   "Somebody has decided that the device may not sign in.",
		provider.PollExpired:  "The code has expired; begin again.",
		provider.PollWrong:    "The device code is not known, or was used.",
	}
	return &fosite.RFC6749Error{ErrorField: string(answer), DescriptionField: hints[answer], CodeField: http.StatusBadRequest}
}

// PopulateTokenEndpointResponse makes the tokens.
func (h deviceHandler) PopulateTokenEndpointResponse(ctx context.Context, r fosite.AccessRequester, answer fosite.AccessResponder) error {
	if !h.CanHandleTokenEndpointRequest(ctx, r) {
		return fosite.ErrUnknownRequest
	}
	s := h.server
	if _, err := s.issue.IssueAccessToken(ctx, provider.AccessLife, r, answer); err != nil {
		return err
	}
	if r.GetGrantedScopes().Has(provider.ScopeOffline) && r.GetClient().GetGrantTypes().Has(provider.GrantRefresh) {
		token, hash, err := s.tokens.GenerateRefreshToken(ctx, r)
		if err != nil {
			return err
		}
		if err := s.storage.CreateRefreshTokenSession(ctx, hash, "", r.Sanitize(nil)); err != nil {
			return err
		}
		answer.SetExtra("refresh_token", token)
	}
	if r.GetGrantedScopes().Has(provider.ScopeOpenID) {
		token, err := s.ids.GenerateIDToken(ctx, provider.IDTokenLife, r)
		if err != nil {
			return err
		}
		answer.SetExtra("id_token", token)
	}
	return nil
}
