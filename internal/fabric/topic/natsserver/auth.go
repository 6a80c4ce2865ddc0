package natsserver

import (
	"crypto/subtle"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
)

// internalUser is the name of this process; a user's name never has a slash.
const internalUser = "terrace/"

// internalInbox is where replies to this process go: no user may subscribe there.
const internalInbox = "_TERRACE"

// User is a program that may enter an account.
type User struct {
	Name    string
	Account string
	// PasswordHash is what broker.HashPassword returned.
	PasswordHash string
	// Subject and Stream are the topic's: the user reaches these and nothing else.
	Subject, Stream string
	Publish         bool
	Consume         bool
	// Consumers begins the names of its consumers and of its inbox; "" is a user who may
	// name them as it likes, but for those of others.
	Consumers string
}

// authenticator tells the NATS server who may connect and what they may do.
type authenticator struct {
	internal string

	mu       sync.RWMutex
	accounts map[string]*server.Account
	users    map[string]User
	// reserved are Terrace's own consumers, by account.
	reserved map[string]map[string]bool
}

// Check implements server.Authentication.
func (a *authenticator) Check(c server.ClientAuthentication) bool {
	opts := c.GetOpts()
	if account, ok := strings.CutPrefix(opts.Username, internalUser); ok {
		return a.checkInternal(c, account, opts.Password)
	}
	a.mu.RLock()
	u, ok := a.users[opts.Username]
	account := a.accounts[u.Account]
	var taken []string
	if ok && u.Consumers == "" {
		taken = a.taken(u.Account)
	}
	a.mu.RUnlock()
	if !ok || account == nil || !broker.VerifyPassword(u.PasswordHash, opts.Password) {
		return false
	}
	c.RegisterUser(&server.User{Username: u.Name, Account: account, Permissions: permissions(u, taken)})
	return true
}

func (a *authenticator) checkInternal(c server.ClientAuthentication, name, password string) bool {
	if subtle.ConstantTimeCompare([]byte(password), []byte(a.internal)) != 1 {
		return false
	}
	a.mu.RLock()
	account, ok := a.accounts[name]
	a.mu.RUnlock()
	if ok {
		c.RegisterUser(&server.User{Username: "terrace", Account: account})
	}
	return ok
}

// allow replaces a user. It returns the users whose clients must not stay: the one
// before, and those who might have consumers of the names that are now this one's.
func (a *authenticator) allow(u User) []User {
	a.mu.Lock()
	defer a.mu.Unlock()
	var outdated []User
	if before, ok := a.users[u.Name]; ok && before != u {
		outdated = append(outdated, before)
	}
	if u.Consumers != "" && !a.owned(u.Account, u.Consumers) {
		outdated = append(outdated, a.free(u.Account)...)
	}
	a.users[u.Name] = u
	return outdated
}

// owned reports whether an account has a user whose consumers begin so.
func (a *authenticator) owned(account, consumers string) bool {
	for _, u := range a.users {
		if u.Account == account && u.Consumers == consumers {
			return true
		}
	}
	return false
}

// free are the users of an account who name consumers as they like.
func (a *authenticator) free(account string) (all []User) {
	for _, u := range a.users {
		if u.Account == account && u.Consumers == "" {
			all = append(all, u)
		}
	}
	return all
}

// reserve keeps a consumer for this process. It returns the users whose clients must
// not stay.
func (a *authenticator) reserve(account, consumer string) []User {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.reserved[account][consumer] {
		return nil
	}
	if a.reserved[account] == nil {
		a.reserved[account] = map[string]bool{}
	}
	a.reserved[account][consumer] = true
	return a.free(account)
}

func (a *authenticator) release(account, consumer string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.reserved[account], consumer)
}

// taken are the consumers of an account that are not for users who name theirs as they
// like. The caller has the lock.
func (a *authenticator) taken(account string) []string {
	all, owners := slices.Collect(maps.Keys(a.reserved[account])), map[string]bool{}
	for _, u := range a.users {
		if u.Account == account && u.Consumers != "" && !owners[u.Consumers] {
			owners[u.Consumers] = true
			all = append(all, consumers(u.Consumers)...)
		}
	}
	return all
}

// forbid forgets a user.
func (a *authenticator) forbid(name string) (User, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	u, ok := a.users[name]
	delete(a.users, name)
	return u, ok
}

func (a *authenticator) open(name string, account *server.Account) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.accounts[name] = account
}

// close forgets an account with its users.
func (a *authenticator) close(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.accounts, name)
	delete(a.reserved, name)
	for user, u := range a.users {
		if u.Account == name {
			delete(a.users, user)
		}
	}
}

func (a *authenticator) has(account string) bool {
	a.mu.RLock()
	defer a.mu.RUnlock()
	_, ok := a.accounts[account]
	return ok
}
