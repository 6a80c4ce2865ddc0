package factorapi

import (
	"net/http"
	"net/url"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/terrace-idp/terrace/internal/access/factor"
	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/access/provider/providerapi"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// recent is how long ago somebody may have signed in who changes their factors.
const recent = 15 * time.Minute

// Pages are where people see and change their factors in a browser. It implements app's
// wire.
type Pages struct {
	Factors *factor.Service
	Frame   *providerapi.Handler
}

// Mount adds the paths.
func (p Pages) Mount(r chi.Router) {
	r.Get(factor.Home, p.show)
	r.Get(factor.Home+"/totp", p.showTOTP)
	r.Post(factor.Home+"/totp", p.taken(p.addTOTP))
	r.Post(factor.Home+"/passkeys", p.taken(p.addPasskey))
	r.Post(factor.Home+"/recovery-codes", p.taken(p.makeCodes))
	r.Post(factor.Home+"/remove", p.taken(p.remove))
}

// taken answers a form that this browser was shown, of somebody who signed in lately.
func (p Pages) taken(next func(w http.ResponseWriter, r *http.Request, who provider.Person)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := p.Frame.CheckForm(r); err != nil {
			p.Frame.Fail(w, r, err)
			return
		}
		who, ok := p.Frame.Recent(w, r, factor.Home, recent)
		if !ok {
			return
		}
		if who.Elsewhere() {
			p.Frame.Fail(w, r, kernel.Errorf(kernel.Refused, "another provider has signed you in, and sees to your factors").
				WithFix("sign in with your password to change those of it"))
			return
		}
		next(w, r.WithContext(kernel.WithActor(r.Context(), who.Actor)), who)
	}
}

// row is a factor as the page shows it.
type row struct{ ID, Name, What, Added, Used, Suspect string }

const day = "2 January 2006"

func rowOf(f factor.Factor) row {
	out := row{ID: f.ID, Name: f.Name, What: "a passkey", Added: f.CreatedAt.Format(day)}
	if f.Kind == factor.TOTP {
		out.What = "an app for one-time passwords"
	}
	if !f.LastUsedAt.IsZero() {
		out.Used = f.LastUsedAt.Format(day)
	}
	if !f.SuspectAt.IsZero() {
		out.Suspect = f.SuspectAt.Format(day)
	}
	return out
}

// security is what the page shows.
type security struct {
	User, Host, Form         string
	Elsewhere, Asked, HasApp bool
	Factors                  []row
	Left                     int
	Ask                      *factor.Ask
	Verb, Label              string
}

func (p Pages) show(w http.ResponseWriter, r *http.Request) {
	who, ok := p.Frame.Recent(w, r, factor.Home, recent)
	if !ok {
		return
	}
	data, err := p.security(w, r, who)
	if err != nil {
		p.Frame.Fail(w, r, err)
		return
	}
	out := providerapi.Page{Title: "How you sign in"}
	if data.Ask != nil {
		out.Script = providerapi.PasskeyScript()
	}
	p.write(w, r, http.StatusOK, "security", data, out)
}

func (p Pages) security(w http.ResponseWriter, r *http.Request, who provider.Person) (security, error) {
	ctx := r.Context()
	data := security{User: who.Name, Host: p.Factors.Host(), Elsewhere: who.Elsewhere(), Verb: "create", Label: "Add a passkey"}
	data.Form, who.Browser = p.Frame.Forms(w, r)
	sheet, err := p.Factors.SheetOf(ctx, who.Actor)
	if err != nil {
		return data, err
	}
	data.Left, data.Asked = sheet.Left, sheet.Asked
	for _, f := range sheet.Factors {
		data.Factors = append(data.Factors, rowOf(f))
		data.HasApp = data.HasApp || f.Kind == factor.TOTP
	}
	if data.Elsewhere || !p.Factors.HasPasskeys() {
		return data, nil
	}
	ask, err := p.Factors.AskNew(ctx, who.Actor, who.Browser)
	data.Ask = &ask
	return data, err
}

// write fills a page in and shows it.
func (p Pages) write(w http.ResponseWriter, r *http.Request, status int, name string, data any, out providerapi.Page) {
	body, err := page(name, data)
	if err != nil {
		p.Frame.Fail(w, r, err)
		return
	}
	out.Body = body
	p.Frame.Show(w, status, out)
}

func (p Pages) showTOTP(w http.ResponseWriter, r *http.Request) {
	if who, ok := p.Frame.Recent(w, r, factor.Home, recent); ok {
		p.totpPage(w, r, http.StatusOK, who, nil, "")
	}
}

func (p Pages) totpPage(w http.ResponseWriter, r *http.Request, status int, who provider.Person, form url.Values, wrong string) {
	token, browser := p.Frame.Forms(w, r)
	who.Browser = browser
	data, err := enrolment(r.Context(), p.Factors, who, form)
	if err != nil {
		p.Frame.Fail(w, r, err)
		return
	}
	data.Form = token
	p.write(w, r, status, "totp", data, providerapi.Page{Title: "Add an app", Error: wrong, Images: true})
}

func (p Pages) addTOTP(w http.ResponseWriter, r *http.Request, who provider.Person) {
	_, err := p.Factors.AddTOTP(r.Context(), who.Actor, who.Browser, r.PostForm.Get("pending"), r.PostForm.Get("code"), r.PostForm.Get("name"))
	if kernel.Is(err, kernel.Unauthenticated) {
		p.totpPage(w, r, http.StatusUnprocessableEntity, who, r.PostForm, err.Error())
		return
	}
	p.added(w, r, who, factor.CodeMethods(), err)
}

func (p Pages) addPasskey(w http.ResponseWriter, r *http.Request, who provider.Person) {
	_, err := p.Factors.AddPasskey(r.Context(), who.Actor, who.Browser, r.PostForm.Get("challenge"), r.PostForm.Get("passkey"), r.PostForm.Get("name"))
	p.added(w, r, who, factor.KeyMethods(), err)
}

// added shows recovery codes to who has none yet, and goes back else. They have just proven
// the factor: the page does not ask for it once more.
func (p Pages) added(w http.ResponseWriter, r *http.Request, who provider.Person, methods []string, err error) {
	if err == nil {
		err = p.Frame.Strengthen(w, r, who, methods)
	}
	if err != nil {
		p.Frame.Fail(w, r, err)
		return
	}
	has, err := p.Factors.Has(r.Context(), who.Actor)
	switch {
	case err != nil:
		p.Frame.Fail(w, r, err)
	case has.Recovery == 0:
		p.makeCodes(w, r, who)
	default:
		http.Redirect(w, r, factor.Home, http.StatusSeeOther)
	}
}

// shownCodes are recovery codes on a page, and what they are kept by once somebody has gone
// on.
type shownCodes struct {
	Codes   []string
	Pending string
}

func (p Pages) makeCodes(w http.ResponseWriter, r *http.Request, who provider.Person) {
	codes, err := p.Factors.RemakeCodes(r.Context(), who.Actor)
	if err != nil {
		p.Frame.Fail(w, r, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	p.write(w, r, http.StatusOK, "note", shownCodes{Codes: codes}, providerapi.Page{Title: "Your recovery codes"})
}

func (p Pages) remove(w http.ResponseWriter, r *http.Request, who provider.Person) {
	if _, err := p.Factors.Remove(r.Context(), who.Actor, r.PostForm.Get("factor")); err != nil {
		p.Frame.Fail(w, r, err)
		return
	}
	http.Redirect(w, r, factor.Home, http.StatusSeeOther)
}
