package azuresim

import (
	"crypto/subtle"
	"encoding/json"
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
	"github.com/terrace-idp/terrace/internal/target/azuresim/entra"
)

// recordsOfApps owns the records of apps: applications that the simulator was told of.
const recordsOfApps = "/terrace/apps"

// app is an application in the simulated directory, with federated credentials.
type app struct {
	Name      string       `json:"name"`
	ClientID  string       `json:"clientId"`
	ObjectID  string       `json:"objectId"`
	Federated []credential `json:"federated"`
}

type credential struct {
	Issuer    string   `json:"issuer"`
	Subject   string   `json:"subject"`
	Audiences []string `json:"audiences"`
}

// directory says who the principals are: the default one, apps and user-assigned identities.
type directory struct{ s *Server }

// Secret knows the default principal's secret.
func (d directory) Secret(clientID, secret string) (entra.Principal, bool) {
	c := d.s.cloud
	if !strings.EqualFold(clientID, c.ClientID) || subtle.ConstantTimeCompare([]byte(secret), []byte(c.ClientSecret)) != 1 {
		return entra.Principal{}, false
	}
	return d.defaultPrincipal(), true
}

func (d directory) defaultPrincipal() entra.Principal {
	return entra.Principal{ObjectID: d.s.cloud.ObjectID, AppID: d.s.cloud.ClientID, Name: "default"}
}

// Federations returns the federated credentials of an app or an identity.
func (d directory) Federations(clientID string) (all []entra.Federation, known bool) {
	if strings.EqualFold(clientID, d.s.cloud.ClientID) {
		known = true
	}
	_ = d.s.engine.Read(arm.Caller{Owner: true}, func(c *arm.Context) error { // fn returns no error
		for _, a := range apps(c) {
			if strings.EqualFold(a.ClientID, clientID) {
				known = true
				all = append(all, a.federations()...)
			}
		}
		for _, identity := range c.Under("", arm.TypeIdentity) {
			if strings.EqualFold(identity.Str("properties.clientId"), clientID) {
				known = true
				all = append(all, federations(c, identity)...)
			}
		}
		return nil
	})
	return all, known
}

func apps(c *arm.Context) []app {
	var out []app
	for _, name := range c.Records(recordsOfApps, "") {
		var one app
		if json.Unmarshal(c.Record(recordsOfApps, name), &one) == nil {
			out = append(out, one)
		}
	}
	return out
}

func (a app) federations() []entra.Federation {
	out := make([]entra.Federation, 0, len(a.Federated))
	for _, f := range a.Federated {
		out = append(out, entra.Federation{
			Principal: entra.Principal{ObjectID: a.ObjectID, AppID: a.ClientID, Name: a.Name},
			Issuer:    f.Issuer, Subject: f.Subject, Audiences: f.Audiences,
		})
	}
	return out
}

// federations are the federated credentials of a user-assigned identity.
func federations(c *arm.Context, identity *arm.Resource) []entra.Federation {
	who := entra.Principal{ObjectID: identity.Str("properties.principalId"), AppID: identity.Str("properties.clientId"), Name: identity.Name()}
	var out []entra.Federation
	for _, f := range c.Under(identity.ID.String(), arm.TypeIdentity+"/federatedIdentityCredentials") {
		one := entra.Federation{Principal: who, Issuer: f.Str("properties.issuer"), Subject: f.Str("properties.subject")}
		for _, v := range f.List("properties.audiences") {
			if audience, is := v.(string); is {
				one.Audiences = append(one.Audiences, audience)
			}
		}
		out = append(out, one)
	}
	return out
}
