package provider

import (
	"context"
	"crypto/rand"
	"math/big"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// DeviceStatus is where the sign-in of a device is.
type DeviceStatus string

// The states of a device's sign-in.
const (
	DevicePending  DeviceStatus = "pending"
	DeviceApproved DeviceStatus = "approved"
	DeviceDenied   DeviceStatus = "denied"
	DeviceUsed     DeviceStatus = "used"
)

// DeviceInterval is how long a device waits between two questions, in seconds; each
// that comes too early adds to it (RFC 8628 §3.5).
const (
	DeviceInterval = 2
	slowDownBy     = 5
)

// Device is a sign-in of a machine without a browser (RFC 8628).
type Device struct {
	// Hash is the SHA-256 of the device code.
	Hash string
	// Code is what a person types, without its dash.
	Code      string
	Client    string
	Scopes    []string
	Audiences []string
	Status    DeviceStatus
	// Who let it, how and when they had signed in, and in which browser.
	Tenant    string
	Subject   string
	Methods   []string
	Via       string
	AuthTime  time.Time
	CreatedAt time.Time
	ExpiresAt time.Time
	PolledAt  time.Time
	// Interval is in seconds.
	Interval int
}

// Human returns the code as people read it.
func (d Device) Human() string { return d.Code[:4] + "-" + d.Code[4:] }

// The letters of user codes: no vowels, so no words, and none that look alike
// (RFC 8628 §6.1).
const (
	codeLetters = "BCDFGHJKLMNPQRSTVWXZ"
	codeLength  = 8
)

func newUserCode() string {
	var b strings.Builder
	for range codeLength {
		n, _ := rand.Int(rand.Reader, big.NewInt(int64(len(codeLetters)))) // never fails, see crypto/rand
		b.WriteByte(codeLetters[n.Int64()])
	}
	return b.String()
}

// plainCode returns what a person typed without what does not matter, "" for what is no
// code.
func plainCode(typed string) string {
	if len(typed) > 64 {
		return ""
	}
	code := strings.Map(func(r rune) rune {
		if strings.ContainsRune(codeLetters, r) {
			return r
		}
		return -1
	}, strings.ToUpper(typed))
	if len(code) != codeLength {
		return ""
	}
	return code
}

// BeginDevice keeps that a device wants to be signed in, and returns its secret. The
// error is Locked for too many.
func (s *Service) BeginDevice(ctx context.Context, client Client, scopes, audiences []string) (Device, string, error) {
	secret, now := NewSecret(PrefixDevice), s.Clock.Now()
	if err := s.begun.another(kernel.AddressFrom(ctx), now); err != nil {
		return Device{}, "", err
	}
	d := Device{
		Hash: kernel.HashOf(secret), Client: client.ID, Scopes: scopes, Audiences: audiences, Status: DevicePending,
		CreatedAt: now, ExpiresAt: now.Add(DeviceLife), Interval: DeviceInterval,
	}
	for range 3 { // of two devices one could have the code already
		d.Code = newUserCode()
		err := s.Store.AddDevice(ctx, d)
		if err == nil || !kernel.Is(err, kernel.Conflict) {
			return d, secret, err
		}
	}
	return Device{}, "", kernel.Errorf(kernel.Unavailable, "no device code is free").WithFix("try again")
}

// Waiting returns the device with a code that waits for somebody. Who tries too many
// codes is Locked out for a while; a right one among them forgives nothing, for anybody
// can have one.
func (s *Service) Waiting(ctx context.Context, p Person, typed string) (Device, error) {
	if err := s.tries.begin(p.ID, s.Clock.Now()); err != nil {
		return Device{}, err
	}
	wrong := kernel.Errorf(kernel.NotFound, "no device waits with this code").WithFix("look at the device again; a code is good for ten minutes")
	code := plainCode(typed)
	if code == "" {
		return Device{}, wrong
	}
	d, err := s.Store.DeviceByCode(ctx, code)
	if kernel.Is(err, kernel.NotFound) || err == nil && (d.Status != DevicePending || !d.ExpiresAt.After(s.Clock.Now())) {
		return Device{}, wrong
	}
	return d, err
}

// Decide lets a device in, or does not.
func (s *Service) Decide(ctx context.Context, n SignIn, p Person, d Device, allow bool) error {
	d.Status = DeviceDenied
	if allow {
		d.Status, d.Tenant, d.Subject, d.Methods, d.AuthTime = DeviceApproved, p.Tenant, p.ID, n.Methods, n.At
		d.Via = n.Via
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.PutDevice(ctx, d, DevicePending); err != nil {
			return err
		}
		return s.record(kernel.WithActor(ctx, p.Actor), p.Tenant, "device."+string(d.Status), d.Client, map[string]any{"client": d.Client, "scopes": d.Scopes})
	})
}

// Polled is what a device learns when it asks.
type Polled string

// The answers to a device (RFC 8628 §3.5).
const (
	PollPending  Polled = "authorization_pending"
	PollSlowDown Polled = "slow_down"
	PollDenied   Polled = "access_denied"
	PollExpired  Polled = "expired_token"
	PollWrong    Polled = "invalid_grant"
	PollDone     Polled = ""
)

// Poll answers a device that asks, in the transaction of ctx. A device code gives
// tokens once.
func (s *Service) Poll(ctx context.Context, client, secret string) (Device, Polled, error) {
	d, err := s.Store.DeviceByHash(ctx, kernel.HashOf(secret))
	if kernel.Is(err, kernel.NotFound) || err == nil && (d.Client != client || d.Status == DeviceUsed) {
		return Device{}, PollWrong, nil
	}
	if err != nil {
		return Device{}, "", err
	}
	now, seen := s.Clock.Now(), d.Status
	switch {
	case !d.ExpiresAt.After(now):
		return d, PollExpired, nil
	case d.Status == DeviceDenied:
		return d, PollDenied, nil
	case d.Status == DeviceApproved:
		d.Status = DeviceUsed
		err := s.Store.PutDevice(ctx, d, seen)
		if kernel.Is(err, kernel.Stale) {
			return d, PollWrong, nil
		}
		return d, PollDone, err
	}
	answer := PollPending
	if !d.PolledAt.IsZero() && now.Sub(d.PolledAt) < time.Duration(d.Interval)*time.Second-time.Second/2 {
		answer, d.Interval = PollSlowDown, min(d.Interval+slowDownBy, 60)
	}
	d.PolledAt = now
	if err := s.Store.PutDevice(ctx, d, seen); err != nil && !kernel.Is(err, kernel.Stale) {
		return d, "", err
	}
	return d, answer, nil
}
