package vaultsync

import (
	"cmp"
	"regexp"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Settings are what people say of a sync.
type Settings struct {
	// Vault is the vault's address, https://NAME.vault.azure.net.
	Vault     string    `json:"vault"`
	Direction Direction `json:"direction"`
	OnDrift   OnDrift   `json:"onDrift"`
	// AzureTenant is the directory that the identity is in, and Client its client id.
	AzureTenant string `json:"azureTenant"`
	Client      string `json:"client"`
	// Every is how often both sides are compared.
	Every time.Duration `json:"every"`
}

func (w Settings) complete() Settings {
	w.Direction, w.OnDrift = cmp.Or(w.Direction, Push), cmp.Or(w.OnDrift, Write)
	w.Every = cmp.Or(w.Every, DefaultEvery)
	return w
}

var uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

func (w Settings) check() error {
	var problems []kernel.Problem
	wrong := func(path, message, fix string) {
		problems = append(problems, kernel.Problem{Path: path, Message: message, Fix: fix})
	}
	if w.Direction != Push && w.Direction != Pull {
		wrong("direction", "this is no direction", "use push or pull")
	}
	if w.OnDrift != Write && w.OnDrift != Report {
		wrong("onDrift", "this cannot be done", "use write or report")
	}
	if !uuid.MatchString(w.AzureTenant) {
		wrong("azureTenant", "this is no id of a directory of Azure", "give it as `az account show --query tenantId` prints it")
	}
	if !uuid.MatchString(w.Client) {
		wrong("client", "this is no client id of an identity of Azure", "give it as `az identity show --query clientId` prints it")
	}
	if w.Every < MinEvery || w.Every > MaxEvery {
		wrong("every", "this is out of bounds", "use 1m to 24h")
	}
	if len(problems) == 0 {
		return nil
	}
	return kernel.Errorf(kernel.Invalid, "the sync cannot be set so").WithProblems(problems...)
}
