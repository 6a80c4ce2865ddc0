// Package factorapi has people use their factors: as steps of signing in, on the page
// where they see and change them, and over the API.
//
// It owns the pages and the wire types. It decides nothing: factor does.
package factorapi

import (
	"bytes"
	"context"
	"embed"
	"encoding/base64"
	"html/template"
	"image/png"
	"net/url"
	"slices"
	"strings"

	"github.com/pquerna/otp"

	"github.com/terrace-idp/terrace/internal/access/factor"
	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/access/provider/providerapi"
	"github.com/terrace-idp/terrace/internal/kernel"
)

//go:embed pages/*.html
var files embed.FS

// page fills a template of this room in.
func page(name string, data any) (template.HTML, error) {
	t, err := template.ParseFS(files, "pages/"+name+".html", "pages/ask.html", "pages/enrol.html")
	if err != nil {
		return "", kernel.Errorf(kernel.Internal, "read the page %s: %w", name, err)
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, name+".html", data); err != nil {
		return "", kernel.Errorf(kernel.Internal, "write the page %s: %w", name, err)
	}
	return template.HTML(b.String()), nil //nolint:gosec // html/template wrote it
}

// Steps returns what is asked in signing in, in its order: a factor, an enrolment of who
// needs one and has none, to note recovery codes, and a password of who was given one.
func Steps(s *factor.Service, passwords Passwords) []provider.Step {
	return []provider.Step{prove{s}, enrol{s}, note{s}, choose{passwords}}
}

// prove asks who has a factor for it.
type prove struct{ factors *factor.Service }

// Name is in the step's address.
func (prove) Name() string { return "factor" }

// Needed reports whether the person has a factor, and has not proven it.
func (s prove) Needed(ctx context.Context, p provider.Person) (bool, error) {
	if p.HasProven() {
		return false, nil
	}
	has, err := s.factors.Has(ctx, p.Actor)
	return has.Any(), err
}

// Show asks for a code, and for a passkey where there is one.
func (s prove) Show(ctx context.Context, p provider.Person, _ url.Values) (provider.StepForm, error) {
	has, err := s.factors.Has(ctx, p.Actor)
	if err != nil {
		return provider.StepForm{}, err
	}
	form := provider.StepForm{Title: "One more step"}
	data := struct {
		factor.Has
		Ask   *factor.Ask
		Verb  string
		Label string
	}{Has: has, Verb: "get", Label: "Use a passkey"}
	if has.Passkeys && s.factors.HasPasskeys() {
		ask, err := s.factors.AskFor(ctx, p.Actor, p.Browser)
		if err != nil {
			return form, err
		}
		data.Ask, form.Script = &ask, providerapi.PasskeyScript()
	}
	form.Body, err = page("prove", data)
	return form, err
}

// Take checks the answer of a passkey, or a code.
func (s prove) Take(ctx context.Context, p provider.Person, form url.Values) ([]string, error) {
	if answer := form.Get("passkey"); answer != "" {
		return s.factors.ProvePasskey(ctx, p.Actor, p.Browser, form.Get("challenge"), answer)
	}
	return s.factors.ProveCode(ctx, p.Actor, form.Get("code"))
}

// enrol has who needs a factor and has none add one.
type enrol struct{ factors *factor.Service }

// Name is in the step's address.
func (enrol) Name() string { return "enrol" }

// Needed reports whether the tenant or the client asks for a factor of the person, who has
// none.
func (s enrol) Needed(ctx context.Context, p provider.Person) (bool, error) {
	if p.HasProven() || p.Elsewhere() { // their factors are seen to there
		return false, nil
	}
	has, err := s.factors.Has(ctx, p.Actor)
	if err != nil || has.Any() || p.Strong {
		return err == nil && !has.Any(), err
	}
	return s.factors.Requires(ctx, p.Actor)
}

// Show offers an app, and a passkey where browsers have them.
func (s enrol) Show(ctx context.Context, p provider.Person, form url.Values) (provider.StepForm, error) {
	out := provider.StepForm{Title: "Add a second factor", Images: true}
	data, err := enrolment(ctx, s.factors, p, form)
	if err != nil {
		return out, err
	}
	if s.factors.HasPasskeys() {
		ask, err := s.factors.AskNew(ctx, p.Actor, p.Browser)
		if err != nil {
			return out, err
		}
		data.Ask, data.Verb, data.Label, out.Script = &ask, "create", "Add a passkey instead", providerapi.PasskeyScript()
	}
	out.Body, err = page("first", data)
	return out, err
}

// Take adds what was proven.
func (s enrol) Take(ctx context.Context, p provider.Person, form url.Values) ([]string, error) {
	if answer := form.Get("passkey"); answer != "" {
		_, err := s.factors.AddPasskey(ctx, p.Actor, p.Browser, form.Get("challenge"), answer, "passkey")
		return factor.KeyMethods(), err
	}
	_, err := s.factors.AddTOTP(ctx, p.Actor, p.Browser, form.Get("pending"), form.Get("code"), "app")
	return factor.CodeMethods(), err
}

// note has who has a factor and no recovery codes write some down.
type note struct{ factors *factor.Service }

// Name is in the step's address.
func (note) Name() string { return "codes" }

// Needed reports whether recovery codes were never made for the person.
func (s note) Needed(ctx context.Context, p provider.Person) (bool, error) {
	if p.Elsewhere() || !p.HasProven() {
		return false, nil
	}
	has, err := s.factors.Has(ctx, p.Actor)
	return has.Any() && has.Recovery == 0, err
}

// Show shows codes, which are good when the person has gone on.
func (s note) Show(ctx context.Context, p provider.Person, _ url.Values) (provider.StepForm, error) {
	codes, pending, err := s.factors.DraftCodes(ctx, p.Actor, p.Browser)
	if err != nil {
		return provider.StepForm{}, err
	}
	body, err := page("note", shownCodes{codes, pending})
	return provider.StepForm{Title: "Your recovery codes", Body: body}, err
}

// Take keeps the codes that were shown.
func (s note) Take(ctx context.Context, p provider.Person, form url.Values) ([]string, error) {
	return nil, s.factors.KeepCodes(ctx, p.Actor, p.Browser, form.Get("pending"))
}

// enrolling is what a page shows of an app that is not confirmed yet.
type enrolling struct {
	factor.Enrolment
	Image template.URL
	// Typed is the secret in groups of four.
	Typed string
	// Name is what was typed before.
	Name string
	Ask  *factor.Ask
	Verb string
	// Label is on the button for a passkey.
	Label string
	Form  string
}

// enrolment begins one, or goes on with the one of a form that was not taken.
func enrolment(ctx context.Context, s *factor.Service, p provider.Person, form url.Values) (out enrolling, err error) {
	out.Name = form.Get("name")
	if pending := form.Get("pending"); pending != "" {
		out.Enrolment, err = s.Again(ctx, p.Actor, p.Browser, pending)
	} else {
		out.Enrolment, err = s.NewTOTP(ctx, p.Actor, p.Browser)
	}
	if err != nil {
		return out, err
	}
	out.Typed = strings.Join(groups(out.Secret), " ")
	out.Image, err = picture(out.URI)
	return out, err
}

// groups cuts a text into groups of four.
func groups(text string) (all []string) {
	for part := range slices.Chunk([]byte(text), 4) {
		all = append(all, string(part))
	}
	return all
}

// pictureSize is that of a QR code, in pixels.
const pictureSize = 240

// picture draws the QR code of an enrolment, as an address that holds it (RFC 2397).
func picture(uri string) (template.URL, error) {
	key, err := otp.NewKeyFromURL(uri)
	if err != nil {
		return "", kernel.Errorf(kernel.Internal, "draw a QR code: %w", err)
	}
	image, err := key.Image(pictureSize, pictureSize)
	if err != nil {
		return "", kernel.Errorf(kernel.Internal, "draw a QR code: %w", err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, image); err != nil {
		return "", kernel.Errorf(kernel.Internal, "draw a QR code: %w", err)
	}
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())), nil //nolint:gosec // it was drawn above
}

// Keys sign people in who name nobody. It implements provider.Passkeys.
type Keys struct{ Factors *factor.Service }

// Ask returns what to ask a browser.
func (k Keys) Ask(ctx context.Context, browser string) (provider.PasskeyAsk, bool, error) {
	if !k.Factors.HasPasskeys() {
		return provider.PasskeyAsk{}, false, nil
	}
	ask, err := k.Factors.AskAnybody(ctx, browser)
	return provider.PasskeyAsk(ask), true, err
}

// Take returns whom an answer proves.
func (k Keys) Take(ctx context.Context, browser, challenge, answer string) (provider.Person, error) {
	who, err := k.Factors.ProveAnybody(ctx, browser, challenge, answer)
	return provider.Person{Actor: who, Methods: factor.KeyMethods(), Browser: browser}, err
}
