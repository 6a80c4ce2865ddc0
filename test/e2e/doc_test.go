// Package e2e proves the main job of Terrace on the built programs: what a user
// does with the client against a daemon, and what they get to read when it goes
// wrong.
//
// It owns scenarios. How daemons are started and driven is test/harness's; what
// one room does alone is proven in that room.
package e2e_test
