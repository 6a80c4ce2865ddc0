package factorapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/access/factor"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves a Service.
type API struct{ Factors *factor.Service }

// Register adds the operations.
func (a API) Register(api huma.API) {
	httpserver.Enum(api, "Tells factors apart.", factor.Passkey, factor.TOTP)
	httpserver.Enum(api, "Of whom a tenant asks for a second factor: of who has one; of everybody with a password; of who administers something, too.", factor.Policies()...)
	httpserver.Register(api, operation("list-factors", http.MethodGet, "/me/factors", "List what the caller signs in with beside the password"), a.own)
	begin := operation("begin-totp", http.MethodPost, "/me/factors/totp", "Begin to add an app for one-time passwords")
	begin.Description = "Nothing is kept until a code confirms it."
	httpserver.Register(api, begin, a.begin)
	httpserver.Register(api, operation("confirm-totp", http.MethodPut, "/me/factors/totp", "Add the app that shows a code"), a.confirm)
	codes := operation("make-recovery-codes", http.MethodPost, "/me/factors/recovery-codes", "Make new recovery codes")
	codes.Description = "Those before are good no more; the answer has the new ones, this once."
	httpserver.Register(api, codes, a.codes)
	httpserver.Register(api, operation("remove-factor", http.MethodPost, "/me/factors/{factor}/removal", "Remove one of the caller's factors"), a.remove)
	httpserver.Register(api, operation("list-user-factors", http.MethodGet, "/users/{user}/factors", "List what a user signs in with beside the password"), a.ofUser)
	reset := operation("reset-factors", http.MethodPost, "/users/{user}/factors/reset", "Remove all factors of a user")
	reset.Description = "Everything that the user is signed in to ends, and so do their personal tokens unless these are to be kept."
	httpserver.Register(api, reset, a.reset)
	httpserver.Register(api, operation("get-factor-policy", http.MethodGet, "/auth/factor-policy", "Show of whom a second factor is asked"), a.policy)
	httpserver.Register(api, operation("set-factor-policy", http.MethodPut, "/auth/factor-policy", "Say of whom a second factor is asked"), a.setPolicy)
}

func operation(id, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"sign-in"}}
}

// Factor is what somebody signs in with beside the password.
type Factor struct {
	ID         string      `json:"id"`
	Kind       factor.Kind `json:"kind"`
	Name       string      `json:"name"`
	CreatedAt  time.Time   `json:"createdAt"`
	LastUsedAt *time.Time  `json:"lastUsedAt,omitempty"`
	SuspectAt  *time.Time  `json:"suspectAt,omitempty" doc:"Since when a passkey is refused because its counter went back: there may be a copy of it."`
}

func wire(f factor.Factor) Factor {
	return Factor{ID: f.ID, Kind: f.Kind, Name: f.Name, CreatedAt: f.CreatedAt, LastUsedAt: orNone(f.LastUsedAt), SuspectAt: orNone(f.SuspectAt)}
}

func orNone(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// FactorSheet is what there is of somebody.
type FactorSheet struct {
	Items  []Factor      `json:"items"`
	Left   int           `json:"recoveryCodesLeft" doc:"How many recovery codes are unused."`
	Policy factor.Policy `json:"policy" doc:"The tenant's."`
	Asked  bool          `json:"asked" doc:"Whether a password alone does not sign them in."`
	Page   string        `json:"page" doc:"Where they see and change their factors in a browser; passkeys are added there."`
}

type sheetOutput struct{ Body FactorSheet }

func (a API) sheet(ctx context.Context, user string) (*sheetOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	s, err := a.Factors.Sheet(ctx, scope, user)
	if err != nil {
		return nil, err
	}
	out := &sheetOutput{FactorSheet{Items: make([]Factor, len(s.Factors)), Left: s.Left, Policy: s.Policy, Asked: s.Asked, Page: a.Factors.Page()}}
	for i, f := range s.Factors {
		out.Body.Items[i] = wire(f)
	}
	return out, nil
}

func (a API) own(ctx context.Context, _ *struct{}) (*sheetOutput, error) { return a.sheet(ctx, "") }

type userPath struct {
	User string `path:"user" maxLength:"64" doc:"The user's name."`
}

func (a API) ofUser(ctx context.Context, in *userPath) (*sheetOutput, error) {
	return a.sheet(ctx, in.User)
}

// FactorProof is what somebody shows beside their token when they change their factors.
type FactorProof struct {
	Code     string `json:"code,omitempty" maxLength:"64" doc:"Of their app, or a recovery code."`
	Password string `json:"password,omitempty" maxLength:"256" doc:"For who has no factor yet."`
}

// proven returns who changes their factors, and has shown that it is they.
func (a API) proven(ctx context.Context, p FactorProof) (kernel.Actor, error) {
	who, err := a.Factors.Own(ctx)
	if err != nil {
		return who, err
	}
	return who, a.Factors.Prove(ctx, who, factor.Proof{Code: p.Code, Password: p.Password})
}

type proofInput struct{ Body FactorProof }

type enrolmentOutput struct {
	Body struct {
		Secret    string `json:"secret" doc:"For people to type into an app."`
		URI       string `json:"uri" doc:"The same for a QR code: otpauth://totp/…"`
		Enrolment string `json:"enrolment" doc:"Send it back with a code, within half an hour."`
	}
}

func (a API) begin(ctx context.Context, in *proofInput) (*enrolmentOutput, error) {
	who, err := a.proven(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	e, err := a.Factors.NewTOTP(ctx, who, "")
	out := &enrolmentOutput{}
	out.Body.Secret, out.Body.URI, out.Body.Enrolment = e.Secret, e.URI, e.Pending
	return out, err
}

type confirmInput struct {
	Body struct {
		Enrolment string `json:"enrolment" minLength:"1" maxLength:"4096"`
		Code      string `json:"code" minLength:"1" maxLength:"32" doc:"What the app shows now."`
		Name      string `json:"name,omitempty" maxLength:"64" doc:"Tells the factors of a person apart; app unless given."`
	}
}

type addedOutput struct {
	Body struct {
		Factor        Factor   `json:"factor"`
		RecoveryCodes []string `json:"recoveryCodes" doc:"With the first factor: each is good once, and they are shown this once."`
	}
}

func (a API) confirm(ctx context.Context, in *confirmInput) (*addedOutput, error) {
	who, err := a.Factors.Own(ctx)
	if err != nil {
		return nil, err
	}
	if in.Body.Name == "" {
		in.Body.Name = "app"
	}
	f, err := a.Factors.AddTOTP(ctx, who, "", in.Body.Enrolment, in.Body.Code, in.Body.Name)
	if err != nil {
		return nil, factor.AsDenied(err)
	}
	out := &addedOutput{}
	out.Body.Factor, out.Body.RecoveryCodes = wire(f), []string{}
	has, err := a.Factors.Has(ctx, who)
	if err == nil && has.Recovery == 0 {
		out.Body.RecoveryCodes, err = a.Factors.MakeCodes(ctx, who)
	}
	return out, err
}

type codesOutput struct {
	Body struct {
		RecoveryCodes []string `json:"recoveryCodes" doc:"Each is good once. They are shown this once."`
	}
}

func (a API) codes(ctx context.Context, in *proofInput) (*codesOutput, error) {
	who, err := a.proven(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	out := &codesOutput{}
	out.Body.RecoveryCodes, err = a.Factors.RemakeCodes(ctx, who)
	return out, err
}

type removeInput struct {
	Factor string `path:"factor" maxLength:"64" doc:"The factor's id."`
	Body   FactorProof
}

func (a API) remove(ctx context.Context, in *removeInput) (*struct{}, error) {
	who, err := a.proven(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	_, err = a.Factors.Remove(ctx, who, in.Factor)
	return nil, err
}

type resetInput struct {
	User string `path:"user" maxLength:"64" doc:"The user's name."`
	Body struct {
		KeepTokens bool   `json:"keepTokens,omitempty" doc:"Whether personal tokens of the user hold on."`
		Reason     string `json:"reason,omitempty" maxLength:"500" doc:"Why, for the audit log."`
	}
}

type resetOutput struct {
	Body struct {
		Factors int `json:"factors" doc:"How many were removed."`
		Tokens  int `json:"tokens" doc:"How many of the user's tokens ended."`
	}
}

func (a API) reset(ctx context.Context, in *resetInput) (*resetOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	was, err := a.Factors.Reset(ctx, scope, factor.Reset{User: in.User, KeepTokens: in.Body.KeepTokens, Reason: in.Body.Reason})
	out := &resetOutput{}
	out.Body.Factors, out.Body.Tokens = was.Factors, was.Tokens
	return out, err
}
