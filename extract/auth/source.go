package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// Source hands out the access token of one account. Its methods may be called
// from several goroutines.
type Source struct {
	store  *Store
	name   string
	server server

	mu    sync.Mutex
	known record    // as last read or renewed
	early bool      // a goroutine is renewing a token that still lives
	retry time.Time // no early renewal before, since the last one failed
	spent secret    // a refresh token that the server refused
	lost  *LoginError
	saved bool   // known is in the file
	from  secret // the refresh token that got known, while it is not saved
}

// retryAfter is how long an early renewal that failed is not tried again.
const retryAfter = 10 * time.Second

// sentTo refuses to show the account's tokens to another server.
func (r record) sentTo(cfg Config) error {
	if r.Server != cfg.Server {
		return &ServerError{r.Name, r.Server, cfg.Server}
	}
	return nil
}

// Account is what is known about the account; it asks nobody.
func (s *Source) Account() Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known.Account
}

// String names the account.
func (s *Source) String() string { return "tokens of account " + s.name }

// Format writes what String does, whatever the verb: others would reach the
// tokens.
func (s *Source) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// Token returns an access token that is good by this machine's clock, renewed
// if its time has come. While the old one lives, others go on with it meanwhile,
// and a server that does not renew it is no error; after that it is a *LoginError,
// or a *TemporaryError for the caller to try again.
func (s *Source) Token(ctx context.Context) (string, error) {
	token, early := s.living(s.server.cfg.Now())
	if token != "" {
		return string(token), nil
	}
	if early {
		defer s.set(func() { s.early = false })
	}
	return s.renew(ctx, "")
}

// living returns the token if it will do as it is. Otherwise it says whether the
// caller is the one to renew it early.
func (s *Source) living(now time.Time) (token secret, early bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	alive := s.saved && !s.known.expired(now)
	if alive && (s.known.fresh(now) || s.early || now.Before(s.retry)) {
		return s.known.AccessToken, false
	}
	s.early = s.early || alive
	return "", alive
}

// Renew returns a token other than one that the server answered with 401. If
// nobody has renewed it yet, that is done now, once for all who ask. A token that
// is refused right after Renew is not the token's fault: don't renew again.
func (s *Source) Renew(ctx context.Context, rejected string) (string, error) {
	r, saved, _ := s.current()
	if saved && string(r.AccessToken) != rejected && r.fresh(s.server.cfg.Now()) {
		return string(r.AccessToken), nil
	}
	return s.renew(ctx, secret(rejected))
}

func (s *Source) current() (r record, saved bool, retry time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known, s.saved, s.retry
}

// renew does under the lock what turns out to be needed there: another
// goroutine or process may have been faster.
func (s *Source) renew(ctx context.Context, rejected secret) (string, error) {
	unlock, err := s.store.lock(ctx)
	if err != nil {
		return "", err
	}
	defer unlock()
	f, err := s.store.read()
	if err != nil {
		return "", err
	}
	r, err := s.latest(f)
	if err != nil {
		return "", err
	}
	now := s.server.cfg.Now()
	alive := !r.expired(now) && r.AccessToken != rejected
	_, _, retry := s.current()
	if alive && (r.fresh(now) || now.Before(retry)) {
		return string(r.AccessToken), nil
	}
	next, err := s.refresh(ctx, f, r)
	switch {
	case err == nil:
		return string(next.AccessToken), nil
	case alive && next.AccessToken == r.AccessToken:
		s.set(func() { s.retry = now.Add(retryAfter) })
		return string(r.AccessToken), nil
	}
	return "", err
}

func (s *Source) set(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
}

// latest is the account as it is in the file, after a pair that could not be
// written before is, unless somebody has logged in since.
func (s *Source) latest(f file) (record, error) {
	r, err := s.store.find(f, s.name)
	var unknown *UnknownError
	switch {
	case errors.As(err, &unknown):
		return r, &LoginError{Account: s.name, Reason: "it was logged out", Command: s.Account().command()}
	case err != nil:
		return r, err
	}
	if err := r.sentTo(s.server.cfg); err != nil {
		return r, err
	}
	known, saved, _ := s.current()
	if !saved && r.RefreshToken == s.from {
		return known, s.save(f, known, "pair")
	}
	s.set(func() { s.known, s.saved = r, true })
	return r, nil
}

// save puts the account into the file.
func (s *Source) save(f file, r record, what string) error {
	f.Accounts[s.name] = r
	if err := s.store.write(f, s.server.cfg.Step, what); err != nil {
		return err
	}
	s.set(func() { s.known, s.saved = r, true })
	return nil
}

// refresh gets a new pair and writes it. Without one it returns the account as
// it is now.
func (s *Source) refresh(ctx context.Context, f file, r record) (record, error) {
	switch {
	case r.RefreshToken == "" && r.Kind == App:
		return r, r.lost("the server no longer takes the app's token")
	case r.RefreshToken == "":
		return r, r.lost("its token is used up and came without a refresh token (scope offline.access)")
	case s.lost != nil && s.spent == r.RefreshToken:
		return r, s.lost
	}
	interrupted := r.Refreshing
	r.Refreshing = s.server.cfg.Now().UTC()
	if err := s.save(f, r, "mark"); err != nil {
		return r, err
	}
	p, err := s.ask(ctx, r)
	if err != nil {
		return r, s.refused(f, r, interrupted, err)
	}
	next := r.renewed(p)
	// Set first: if it cannot be written it must not be forgotten.
	s.set(func() { s.known, s.saved, s.from = next, false, r.RefreshToken })
	if err := s.server.cfg.Step.At("answered", s.store.path); err != nil {
		return next, err
	}
	return next, s.save(f, next, "pair")
}

// ask sends the refresh. It outlives ctx by Grace: a request that is given up
// can have spent the token.
func (s *Source) ask(ctx context.Context, r record) (pair, error) {
	ctx, cancel := lasting(ctx, s.server.cfg.Grace)
	defer cancel()
	return s.server.refresh(ctx, r)
}

// refused says what a failed refresh means. The mark stays only if the server
// may have given a pair that did not arrive.
func (s *Source) refused(f file, r record, interrupted time.Time, err error) error {
	var temporary *TemporaryError
	if errors.As(err, &temporary) && !temporary.undone() {
		return err
	}
	r.Refreshing = interrupted
	var answer *RefusedError
	if errors.As(err, &answer) && answer.final() {
		lost := r.lost("the server refused to renew its token" + reason(answer))
		lost.Status, lost.Interrupted = answer.Status, interrupted
		s.spent, s.lost, err = r.RefreshToken, lost, lost
		r.Refused = s.server.cfg.Now().UTC()
	}
	if saveErr := s.save(f, r, "refused"); saveErr != nil {
		return errors.Join(err, saveErr)
	}
	return err
}

// final reports whether it is the token that is refused, not just this request.
func (e *RefusedError) final() bool {
	return e.Code != "" || e.Status == http.StatusBadRequest || e.Status == http.StatusUnauthorized
}

func reason(answer *RefusedError) string {
	for _, text := range []string{answer.Detail, answer.Code} {
		if text != "" {
			return fmt.Sprintf(", saying %q", text)
		}
	}
	return ""
}

func (r record) lost(reason string) *LoginError {
	return &LoginError{Account: r.Name, Reason: reason, Command: r.command()}
}

// lasting is a context that ends a while after ctx does.
func lasting(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-longer.Done():
		}
	})
	return longer, func() { stop(); cancel() }
}
