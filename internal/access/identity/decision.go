package identity

import (
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Decision says who may do an action.
type Decision struct {
	// Roles are those that may; admin always may.
	Roles []Role
	// Anywhere lets a role in any project count where the action is about the
	// whole tenant: what every member needs to read.
	Anywhere bool
	// Run lets runs do it with their own token.
	Run bool
}

// Decisions returns the table of all actions: the one place that says which
// role may do what.
func Decisions() map[string]Decision {
	members := []Role{Viewer, Developer, Approver, Admin}
	developers := []Role{Developer, Admin}
	admins := []Role{Admin}
	return map[string]Decision{
		"project.read":      {Roles: members},
		"workload.read":     {Roles: members},
		"release.read":      {Roles: members},
		"run.read":          {Roles: members},
		"drift.read":        {Roles: members},
		"drift.check":       {Roles: []Role{Developer, Approver, Admin}},
		"drift.decide":      {Roles: developers},
		"stage.read":        {Roles: members, Anywhere: true},
		"definition.read":   {Roles: members, Anywhere: true},
		"module.read":       {Roles: members, Anywhere: true, Run: true},
		"landing-zone.read": {Roles: members, Anywhere: true},
		"workload.deploy":   {Roles: developers},
		"workload.verify":   {Roles: []Role{Developer, Approver, Admin}},
		"workload.destroy":  {Roles: developers},
		"workload.orphan":   {Roles: admins},
		"output.take":       {Roles: developers},
		"artifact.upload":   {Roles: developers},
		"run.discard":       {Roles: developers},
		"run.cancel":        {Roles: developers},
		"secret.write":      {Roles: developers},
		"run.approve":       {Roles: []Role{Approver, Admin}},
		"release.approve":   {Roles: []Role{Approver, Admin}},
		"policy.override":   {Roles: []Role{Approver, Admin}},
		"policy.read":       {Roles: members},
		"policy.evaluate":   {Roles: []Role{Developer, Approver, Admin}},
		"policy.assign":     {Roles: admins},
		// Everybody sees who is exempt from what; who may let a run pass may exempt, but
		// from what is hard-mandatory only admins.
		"exemption.read":         {Roles: members},
		"exemption.request":      {Roles: []Role{Developer, Approver, Admin}},
		"exemption.approve":      {Roles: []Role{Approver, Admin}},
		"exemption.approve-hard": {Roles: admins},
		"exemption.revoke":       {Roles: []Role{Approver, Admin}},
		"project.create":         {Roles: admins},
		"tags.read":              {Roles: members, Anywhere: true},
		"tags.set":               {Roles: admins},
		"member.set":             {Roles: admins},
		"user.create":            {Roles: admins},
		"user.disable":           {Roles: admins},
		"user.read":              {Roles: admins},
		"token.create":           {Roles: admins},
		"client.read":            {Roles: admins},
		"client.register":        {Roles: admins},
		"signing-key.read":       {Roles: admins},
		"signing-key.rotate":     {Roles: admins},
		"audit.read":             {Roles: admins},
		"module.publish":         {Roles: admins},
		"definition.apply":       {Roles: admins},
		"definition.delete":      {Roles: admins},
		"landing-zone.set":       {Roles: admins},
		"stage.set":              {Roles: admins},
		"runner.create":          {Roles: admins},
		"runner.delete":          {Roles: admins},
		"runner.read":            {Roles: members, Anywhere: true},
		"secret.read":            {Roles: admins},
		"key.read":               {Roles: admins},
		"key.rotate":             {Roles: admins},
		"key.rotate-root":        {Roles: admins},
		"key.destroy":            {Roles: admins},
		"state.read":             {Roles: admins},
		"source.read":            {Roles: members, Anywhere: true},
		"source.set":             {Roles: admins},
		"source.allow":           {Roles: []Role{Approver, Admin}},
		"source.override":        {Roles: admins},
		"source.trust":           {Roles: admins},
		"repo.read":              {Roles: members},
		"repo.push":              {Roles: developers},
		"repo.create":            {Roles: developers},
		"pr.create":              {Roles: developers},
		"pr.merge":               {Roles: []Role{Developer, Approver, Admin}},
		"pr.approve":             {Roles: []Role{Developer, Approver, Admin}},
		"repo.connect":           {Roles: admins},
		"repo.bind":              {Roles: admins},
		"repo.delete":            {Roles: admins},
		"state.write":            {Roles: admins},

		// A preview reads all that is applied, as who reads states does.
		"compliance.read":     {Roles: members},
		"compliance.evaluate": {Roles: []Role{Developer, Approver, Admin}},
		"compliance.preview":  {Roles: admins},

		"cost.read":       {Roles: members},
		"cost.import":     {Roles: admins},
		"cost.rules":      {Roles: admins},
		"budget.read":     {Roles: members, Anywhere: true},
		"budget.set":      {Roles: admins},
		"lifetime.read":   {Roles: members},
		"lifetime.extend": {Roles: developers},
		"maturity.read":   {Roles: members},
		"maturity.answer": {Roles: admins},

		"subscription.read": {Roles: members},
		// Of events everybody sees those about what they may read.
		"event.read": {Roles: members, Anywhere: true},
		"rule.read":  {Roles: members},
		"rule.write": {Roles: developers},
		// Events tell what the audit log tells.
		"subscription.write": {Roles: admins},
	}
}

// decide reports whether memberships let their user do d in scope.
func (d Decision) decide(memberships []Membership, scope kernel.Scope) bool {
	for _, m := range memberships {
		here := m.Project == "" || m.Project == scope.Project || (d.Anywhere && scope.Project == "")
		if here && slices.Contains(d.Roles, m.Role) {
			return true
		}
	}
	return false
}
