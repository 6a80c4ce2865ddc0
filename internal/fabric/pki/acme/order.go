package acme

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/idna"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// NewOrder is what a client asks for (RFC 8555 §7.4).
type NewOrder struct {
	Identifiers         []Identifier
	NotBefore, NotAfter time.Time
	// Replaces is the ARI identifier of the certificate before, "" for none (RFC 9773 §5).
	Replaces string
}

// Order begins an order of an account.
func (s *Service) NewOrder(ctx context.Context, a Account, n NewOrder) (Order, error) {
	ids, err := s.identifiers(ctx, a, n.Identifiers)
	if err != nil {
		return Order{}, err
	}
	now := s.Clock.Now()
	if err := s.checkTimes(n, now); err != nil {
		return Order{}, err
	}
	o := Order{
		ID: kernel.NewID("ord"), Scope: a.Scope, Account: a.ID, Status: Pending, Identifiers: ids, NotBefore: n.NotBefore, NotAfter: n.NotAfter, Replaces: n.Replaces,
		CreatedAt: now, ExpiresAt: now.Add(s.Limits.OrderLife),
	}
	all := authorizations(&o)
	err = s.change(ctx, func(ctx context.Context) error {
		if err := s.admit(ctx, a, now); err != nil {
			return err
		}
		if n.Replaces != "" {
			if err := s.replaces(ctx, o); err != nil {
				return err
			}
		}
		if err := s.Orders.InsertOrder(ctx, o); err != nil {
			return err
		}
		return s.Authorizations.InsertAuthorizations(ctx, all)
	})
	return o, err
}

// identifiers checks what is ordered, and writes it as it is kept.
func (s *Service) identifiers(ctx context.Context, a Account, all []Identifier) (out []Identifier, err error) {
	switch {
	case len(all) == 0:
		return nil, Problemf(Malformed, "the order has no identifiers")
	case len(all) > s.Limits.Identifiers:
		return nil, Problemf(Malformed, "the order has %d identifiers: %d are possible", len(all), s.Limits.Identifiers)
	}
	var problems []Problem
	for _, id := range all {
		name, problem := s.identifier(ctx, a, id)
		if problem == nil {
			out = append(out, Identifier{Type: "dns", Value: name})
			continue
		}
		p, ok := errors.AsType[*Problem](problem)
		if !ok {
			return nil, problem
		}
		problems = append(problems, p.about(id.Value))
	}
	if len(problems) > 0 {
		return nil, together(problems)
	}
	slices.SortFunc(out, func(a, b Identifier) int { return strings.Compare(a.Value, b.Value) })
	return slices.Compact(out), nil
}

// identifier checks one name. Its error is a Problem where the name is at fault.
func (s *Service) identifier(ctx context.Context, a Account, id Identifier) (string, error) {
	if id.Type != "dns" {
		return "", Problemf(UnsupportedIdentifier, "identifiers of type %q are not certified: dns is", cut(id.Type))
	}
	bare, wildcard := base(strings.ToLower(id.Value))
	if !isName(bare) {
		return "", Problemf(RejectedIdentifier, "%q is no name", cut(id.Value))
	}
	err := s.Names.Check(ctx, a.Scope, bare, wildcard)
	if told, ok := errors.AsType[*kernel.Error](err); ok && told.Kind != kernel.Internal && told.Kind != kernel.Unavailable {
		return "", Problemf(RejectedIdentifier, "%s", told.Error())
	}
	return strings.ToLower(id.Value), err
}

// cut bounds what is repeated to a client.
func cut(text string) string {
	const most = 250
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// isName tells a name of a host in ASCII, with its labels in the form of RFC 5890.
func isName(name string) bool {
	if len(name) > 253 || !strings.Contains(name, ".") {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	if strings.Trim(name[strings.LastIndexByte(name, '.')+1:], "0123456789") == "" {
		return false // an address
	}
	ascii, err := idna.Lookup.ToASCII(name)
	return err == nil && ascii == name
}

// skew is how far a client's clock may be off.
const skew = time.Hour

// checkTimes refuses times that no certificate could have: RFC 8555 §7.4 lets none be changed.
func (s *Service) checkTimes(n NewOrder, now time.Time) error {
	from := n.NotBefore
	if from.IsZero() {
		from = now
	}
	switch {
	case !n.NotBefore.IsZero() && (n.NotBefore.Before(now.Add(-skew)) || n.NotBefore.After(now.Add(s.Limits.MaxLife))):
		return Problemf(Malformed, "notBefore lies too far away: it is %s here", now.Format(time.RFC3339))
	case !n.NotAfter.IsZero() && (!n.NotAfter.After(from) || !n.NotAfter.After(now)):
		return Problemf(Malformed, "notAfter does not lie after the beginning: it is %s here", now.Format(time.RFC3339))
	case !n.NotAfter.IsZero() && n.NotAfter.Sub(from) > s.Limits.MaxLife:
		return Problemf(Malformed, "certificates are valid for %s at most", s.Limits.MaxLife)
	}
	return nil
}

// admit refuses what is too much.
func (s *Service) admit(ctx context.Context, a Account, now time.Time) error {
	made, open, err := s.Orders.CountOrders(ctx, a.ID, now.Add(-s.Limits.OrdersIn), now)
	switch {
	case err != nil:
		return err
	case made >= s.Limits.Orders:
		return limited(s.Limits.OrdersIn/10, "the account has made %d orders in %s, which is all that one may", made, s.Limits.OrdersIn)
	case open >= s.Limits.OpenOrders:
		return limited(s.Limits.OrderLife/10, "the account has %d orders under way, which is all that one may: finish or deactivate some", open)
	}
	return nil
}

// authorizations makes one of each identifier. A wildcard is proven in DNS alone (RFC 8555
// §7.1.3).
func authorizations(o *Order) (all []Authorization) {
	for _, id := range o.Identifiers {
		name, wildcard := base(id.Value)
		kinds := []string{HTTP01, DNS01, TLSALPN01}
		if wildcard {
			kinds = []string{DNS01}
		}
		a := Authorization{ID: kernel.NewID("authz"), Scope: o.Scope, Account: o.Account, Order: o.ID, Status: Pending, Name: name, Wildcard: wildcard, ExpiresAt: o.ExpiresAt}
		for _, kind := range kinds {
			a.Challenges = append(a.Challenges, Challenge{Type: kind, Token: random(32), Status: Pending})
		}
		o.Authorizations = append(o.Authorizations, a.ID)
		all = append(all, a)
	}
	return all
}

// replaces notes at a certificate that an order is to replace it (RFC 9773 §5).
func (s *Service) replaces(ctx context.Context, o Order) error {
	c, err := s.certificateOf(ctx, o.Replaces)
	if err != nil {
		return err
	}
	switch {
	case c.Account != o.Account:
		return Problemf(Unauthorized, "the certificate that is to be replaced is of another account")
	case !slices.ContainsFunc(o.names(), func(name string) bool { return slices.Contains(c.Names, name) }):
		return Problemf(Malformed, "the certificate that is to be replaced has none of the names of the order")
	case c.ReplacedBy != "":
		before, err := s.Orders.Order(ctx, c.ReplacedBy)
		if err != nil && !kernel.Is(err, kernel.NotFound) {
			return err
		}
		if err == nil && s.stand(before).Status != Invalid {
			return Problemf(AlreadyReplaced, "the certificate is replaced already")
		}
	}
	c.ReplacedBy = o.ID
	return s.Certificates.SaveCertificate(ctx, c)
}

// certificateOf finds a certificate by its ARI identifier (RFC 9773 §4.1).
func (s *Service) certificateOf(ctx context.Context, ari string) (Certificate, error) {
	authority, serial, ok := parseARI(ari)
	if !ok {
		return Certificate{}, Problemf(Malformed, "%q is no identifier of a certificate: it has the authority's key identifier and the serial, base64url, with a dot between them", cut(ari))
	}
	c, err := s.Certificates.Certificate(ctx, serial)
	if kernel.Is(err, kernel.NotFound) || err == nil && authority != base64.RawURLEncoding.EncodeToString(c.Authority) {
		return c, notFound("certificate")
	}
	return c, err
}

// stand is an order as it is now: one that has waited too long is invalid.
func (s *Service) stand(o Order) Order {
	if (o.Status == Pending || o.Status == Ready) && !o.ExpiresAt.After(s.Clock.Now()) {
		o.Status = Invalid
		o.Error = Problemf(Malformed, "the order has expired")
	}
	return o
}

// Order returns an order of an account.
func (s *Service) Order(ctx context.Context, a Account, id string) (Order, error) {
	o, err := s.Orders.Order(ctx, id)
	if kernel.Is(err, kernel.NotFound) || err == nil && o.Account != a.ID {
		return Order{}, notFound("order")
	}
	return s.stand(o), err
}

// OrdersAtOnce is how many orders a page of them has.
const OrdersAtOnce = 100

// OrdersOf returns the ids of an account's orders, the newest first, from before an id on, and
// where the next page begins, "" for none.
func (s *Service) OrdersOf(ctx context.Context, a Account, before string) (ids []string, next string, err error) {
	ids, err = s.Orders.OrdersOf(ctx, a.ID, before, OrdersAtOnce+1)
	if len(ids) > OrdersAtOnce {
		ids = ids[:OrdersAtOnce]
		next = ids[OrdersAtOnce-1]
	}
	return ids, next, err
}
