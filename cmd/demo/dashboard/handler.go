// The paths of the page: what is served, to whom, and in which form.

package dashboard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/kithmesh/kith/cmd/demo/trace"
)

// Source is where the events come from: a [Stream] or a [Playback].
type Source interface {
	// Follow hands events to send, from the beginning or after the ID of a [Line], until ctx ends, with its
	// error, or there will be no more. An error of send ends it.
	Follow(ctx context.Context, after string, send func([]Line) error) error
	// Dump writes all events there are, as a file that can be played.
	Dump(w io.Writer) error
}

// ErrUnknown is what Detail of [Config] returns for a node that is not there.
var ErrUnknown = errors.New("no such node")

// Order is what somebody wants to be done to the mesh.
type Order struct {
	Action string   `json:"action"`
	Nodes  []string `json:"nodes"`
	Count  int      `json:"count,omitempty"` // of nodes to be added, 0 where it is not given
	Size   int      `json:"size,omitempty"`  // of a message, in bytes, 0 where it is not given
}

// RefusedError is what Do of [Config] returns for an order that cannot be carried out as it is.
type RefusedError struct{ Want string }

// Error implements error.
func (e *RefusedError) Error() string { return "want " + e.Want }

// Config is what is behind the page.
type Config struct {
	Source Source
	// Detail tells of one node; nil when there is nobody to be asked.
	Detail func(ctx context.Context, id string) (trace.Detail, error)
	// Do carries out an order and returns it with the nodes it was carried out on; nil when there are no controls.
	Do func(ctx context.Context, o Order) (Order, error)
	// Token is wanted of whoever gives orders, and unless Local of whoever reads.
	Token string
	// Local: only this machine can reach the page.
	Local bool
	// Beat is the time between two signs of life to who follows. 0: 15 s.
	Beat time.Duration
}

// The bounds of what is asked.
const (
	maxFollowers = 64
	maxDumps     = 4
	maxDetails   = 8
	maxOrders    = 8
	maxBody      = 64 << 10
	maxNames     = 2000 // of nodes in an order
	doTimeout    = time.Minute
	askTimeout   = 3 * time.Second
	writeTimeout = 10 * time.Second // without progress
	defaultBeat  = 15 * time.Second
)

// Actions are those an order can have.
func Actions() []string {
	return []string{"kill", "pause", "resume", "restart", "leave", "cut", "heal", "add", "publish"}
}

// handler serves a page.
type handler struct {
	Config

	page                              map[string]asset
	followers, dumps, details, orders seats
}

// NewHandler returns what serves the page and all that is behind it.
func NewHandler(c Config) http.Handler {
	if c.Beat == 0 {
		c.Beat = defaultBeat
	}
	h := &handler{
		Config: c, page: assets(),
		followers: newSeats(maxFollowers), dumps: newSeats(maxDumps), details: newSeats(maxDetails), orders: newSeats(maxOrders),
	}
	mux := http.NewServeMux()
	mux.Handle("/events", h.reader(h.followers, h.events))
	mux.Handle("/trace.jsonl", h.reader(h.dumps, h.dump))
	mux.Handle("/node/{id}", h.reader(h.details, h.node))
	mux.Handle("/do/{action}", only(http.MethodPost, http.HandlerFunc(h.do)))
	mux.Handle("/", only(http.MethodGet, http.HandlerFunc(h.asset)))
	return h.guard(mux)
}

// reader serves those who may read, as many at a time as there are seats.
func (h *handler) reader(s seats, f http.HandlerFunc) http.Handler {
	return only(http.MethodGet, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !h.Local && !h.known(r.Header.Get(tokenHeader), r.URL.Query().Get("token")) {
			refuse(w, http.StatusUnauthorized, wantToken)
			return
		}
		s.serve(w, r, f)
	}))
}

// seats bound how many are served at the same time.
type seats chan struct{}

func newSeats(n int) seats { return make(seats, n) }

func (s seats) serve(w http.ResponseWriter, r *http.Request, f http.HandlerFunc) {
	select {
	case s <- struct{}{}:
		defer func() { <-s }()
		f(w, r)
	default:
		refuse(w, http.StatusServiceUnavailable, fmt.Sprintf("%d are served already, want fewer", cap(s)))
	}
}

// only refuses other methods.
func only(method string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != method && (method != http.MethodGet || r.Method != http.MethodHead) {
			w.Header().Set("Allow", method)
			refuse(w, http.StatusMethodNotAllowed, fmt.Sprintf("method is %q, want %s", clip(r.Method), method))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// dump serves all events as a file.
func (h *handler) dump(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/jsonl")
	w.Header().Set("Content-Disposition", `attachment; filename="trace.jsonl"`)
	w.Header().Set("Cache-Control", "no-store")
	if r.Method == http.MethodHead {
		return
	}
	_ = h.Source.Dump(&patient{w, http.NewResponseController(w)}) // who asked has gone, or gets a file that is cut off
}

// patient is a response that may take as long as it likes, as long as it gets on.
type patient struct {
	http.ResponseWriter

	control *http.ResponseController
}

// Write implements io.Writer.
func (p *patient) Write(b []byte) (int, error) {
	if err := p.control.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	return p.ResponseWriter.Write(b)
}

// node serves what one node tells.
func (h *handler) node(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
	defer cancel()
	err := ErrUnknown
	var d trace.Detail
	if h.Detail != nil {
		d, err = h.Detail(ctx, id)
	}
	switch {
	case errors.Is(err, ErrUnknown):
		refuse(w, http.StatusNotFound, fmt.Sprintf("node is %q, want one of this mesh", clip(id)))
	case err != nil:
		refuse(w, http.StatusBadGateway, err.Error())
	default:
		answer(w, http.StatusOK, &d)
	}
}

// do carries out an order.
func (h *handler) do(w http.ResponseWriter, r *http.Request) {
	switch action := r.PathValue("action"); {
	case h.Do == nil:
		refuse(w, http.StatusNotFound, "no controls: this mesh is only watched")
	case !h.known(r.Header.Get(tokenHeader)):
		refuse(w, http.StatusUnauthorized, wantToken)
	case !slices.Contains(Actions(), action):
		refuse(w, http.StatusNotFound, fmt.Sprintf("action is %q, want one of %q", clip(action), Actions()))
	default:
		h.orders.serve(w, r, h.carryOut)
	}
}

// carryOut reads an order and has it carried out.
func (h *handler) carryOut(w http.ResponseWriter, r *http.Request) {
	var o Order
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	body.DisallowUnknownFields()
	if err := body.Decode(&o); err != nil && !errors.Is(err, io.EOF) {
		refuse(w, http.StatusBadRequest, fmt.Sprintf("want nodes, count and size as JSON of at most %d bytes: %v", maxBody, err))
		return
	}
	if len(o.Nodes) > maxNames {
		refuse(w, http.StatusBadRequest, fmt.Sprintf("want at most %d nodes", maxNames))
		return
	}
	o.Action = r.PathValue("action")
	// An error only says that there is no deadline which could be moved.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(doTimeout + writeTimeout))
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), doTimeout) // what has begun is not left halfway
	defer cancel()
	done, err := h.Do(ctx, o)
	refused, isRefused := errors.AsType[*RefusedError](err)
	switch {
	case isRefused:
		refuse(w, http.StatusBadRequest, refused.Error())
	case err != nil:
		refuse(w, http.StatusInternalServerError, err.Error())
	default:
		answer(w, http.StatusOK, &done)
	}
}

// answer writes JSON.
func answer(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"error":"no JSON"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // who asked has gone
}

// refuse answers with what is wrong.
func refuse(w http.ResponseWriter, status int, text string) {
	answer(w, status, map[string]string{"error": text})
}

// clip bounds what an error repeats.
func clip(text string) string {
	const most = 64
	if len(text) > most {
		return text[:most] + "..."
	}
	return text
}
