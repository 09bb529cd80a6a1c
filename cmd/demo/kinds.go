// What flags can take.

package main

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/views"
)

// text is any string that valid lets through; the empty string is "not given".
func text(name, want string, valid func(string) bool) kind[string] {
	return kind[string]{
		name: name, want: want,
		parse: func(s string) (string, bool) { return s, valid(s) },
		show:  func(s string) string { return s },
	}
}

// anyText is a string of which nothing is known beforehand.
func anyText(name string) kind[string] {
	return text(name, "a text that is not empty", func(s string) bool { return s != "" })
}

// subjectPattern is what one can subscribe to.
func subjectPattern() kind[string] { return anyText("subject") }

// token is an ID or the name of a cluster.
func token(name string) kind[string] {
	return text(name, "1 to 64 of A-Z a-z 0-9 - _", views.ValidToken)
}

// choice is one of the given words.
func choice(words ...string) kind[string] {
	want := strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
	return text(strings.Join(words, "|"), want, func(s string) bool { return slices.Contains(words, s) })
}

// linksNone is the word for no NATS links at all; the others are [linker.Mode]s.
const linksNone = "none"

// linkModes is what links are made of.
func linkModes() kind[string] {
	return choice(linker.Connections.String(), linker.Subscriptions.String(), linksNone)
}

// linkMode returns the mode of that name, 0 for none.
func linkMode(name string) linker.Mode {
	mode, err := linker.ParseMode(name)
	if err != nil {
		return 0 // the flag takes no other word
	}
	return mode
}

// listenAddr is a host:port to listen on, in which both may be left open.
func listenAddr() kind[string] {
	return text("host:port", "host:port to listen on, such as 127.0.0.1:0", func(s string) bool {
		_, port, err := net.SplitHostPort(s)
		if err != nil {
			return false
		}
		_, err = strconv.ParseUint(port, 10, 16)
		return err == nil
	})
}

// dialAddr is a host:port that others can dial.
func dialAddr() kind[string] {
	return text("host:port", "the host:port of a node, such as 10.0.0.7:7000", validDialAddr)
}

func validDialAddr(s string) bool { return views.ValidAddr(s) == nil }

// advertiseAddr is the same, with a port that may be left open.
func advertiseAddr() kind[string] {
	return text("host[:port]", "the host or host:port that others dial, such as 10.0.0.7:7000", func(s string) bool {
		host, port, err := net.SplitHostPort(s)
		switch {
		case err != nil:
			return validDialAddr(net.JoinHostPort(strings.Trim(s, "[]"), "1"))
		case port == "" || port == "0":
			return validDialAddr(net.JoinHostPort(host, "1"))
		}
		return validDialAddr(s)
	})
}

// natsURL is the address of a NATS server, or several with commas in between.
func natsURL() kind[string] {
	return text("url", "a NATS URL such as nats://host:4222", func(s string) bool {
		for one := range strings.SplitSeq(s, ",") {
			if !validNATSURL(strings.TrimSpace(one)) {
				return false
			}
		}
		return true
	})
}

func validNATSURL(s string) bool {
	if !strings.Contains(s, "://") {
		s = "nats://" + s
	}
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" {
		return false
	}
	if u.Port() != "" {
		if n, err := strconv.ParseUint(u.Port(), 10, 16); err != nil || n == 0 {
			return false
		}
	}
	return slices.Contains([]string{"nats", "tls", "ws", "wss"}, u.Scheme)
}

// dialAddrs is a list: the flag may be repeated, and each may have commas.
func dialAddrs(to *[]string) kind[[]string] {
	return kind[[]string]{
		name: "host:port", want: dialAddr().want,
		parse: func(s string) ([]string, bool) {
			all := slices.Clone(*to)
			for one := range strings.SplitSeq(s, ",") {
				one = strings.TrimSpace(one)
				if !validDialAddr(one) {
					return nil, false
				}
				all = append(all, one)
			}
			return all, true
		},
		show: func(all []string) string { return strings.Join(all, ",") },
	}
}

// count is a whole number within bounds.
func count(low, high int) kind[int] {
	return kind[int]{
		name: "n", want: fmt.Sprintf("a whole number from %d to %d", low, high),
		parse: func(s string) (int, bool) {
			n, err := strconv.Atoi(s)
			return n, err == nil && n >= low && n <= high
		},
		show: strconv.Itoa,
	}
}

// fastest is the rate that stands for as fast as it goes.
const fastest = -1

// rate is a number of messages a second.
func rate() kind[int] {
	const most = 1_000_000
	numbers := count(0, most)
	return kind[int]{
		name: "rate|max", want: numbers.want + ", or max",
		parse: func(s string) (int, bool) {
			if s == "max" {
				return fastest, true
			}
			return numbers.parse(s)
		},
		show: func(n int) string {
			if n == fastest {
				return "max"
			}
			return numbers.show(n)
		},
	}
}

// seedNumber is any number that fits 64 bits.
func seedNumber() kind[uint64] {
	return kind[uint64]{
		name: "n", want: "a whole number of 0 or more",
		parse: func(s string) (uint64, bool) {
			n, err := strconv.ParseUint(s, 10, 64)
			return n, err == nil
		},
		show: func(n uint64) string { return strconv.FormatUint(n, 10) },
	}
}

// fraction is a part of the whole that leaves something over.
func fraction() kind[float64] {
	return kind[float64]{
		name: "fraction", want: "a fraction from 0 to below 1, such as 0.5",
		parse: func(s string) (float64, bool) {
			f, err := strconv.ParseFloat(s, 64)
			return f, err == nil && f >= 0 && f < 1
		},
		show: func(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) },
	}
}

// duration is a time span; 0 is "not given".
func duration() kind[time.Duration] {
	return kind[time.Duration]{
		name: "duration", want: "a duration of 0 or more, such as 10s or 1m30s",
		parse: func(s string) (time.Duration, bool) {
			d, err := time.ParseDuration(s)
			return d, err == nil && d >= 0
		},
		show: func(d time.Duration) string {
			if d == 0 {
				return ""
			}
			return d.String()
		},
	}
}

// positive is a time span of some length.
func positive() kind[time.Duration] {
	k := duration()
	parse := k.parse
	k.want = "a duration above 0, such as 10s or 500ms"
	k.parse = func(s string) (time.Duration, bool) {
		d, ok := parse(s)
		return d, ok && d > 0
	}
	return k
}

// yesNo is a flag without a value.
func yesNo() kind[bool] {
	return kind[bool]{
		name: "bool", want: "true or false",
		parse: func(s string) (value, ok bool) {
			value, err := strconv.ParseBool(s)
			return value, err == nil
		},
		show: strconv.FormatBool,
	}
}
