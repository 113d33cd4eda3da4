package latchkey

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ErrSignature says that a message is not from the server, was changed, or is too old.
var ErrSignature = errors.New("latchkey: the signature does not hold")

// VerifyWebhook checks a message of a webhook (https://www.standardwebhooks.com): body is what came, byte for byte, secret is
// the endpoint's, whsec_ and all. A message may be five minutes old.
func VerifyWebhook(body []byte, header http.Header, secret string) error {
	id, sent := header.Get("Webhook-Id"), header.Get("Webhook-Timestamp")
	seconds, err := strconv.ParseInt(sent, 10, 64)
	if err != nil || id == "" || time.Since(time.Unix(seconds, 0)).Abs() > 5*time.Minute {
		return ErrSignature
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return ErrSignature
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + sent + "."))
	mac.Write(body)
	wanted := []byte("v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	for _, signature := range strings.Split(header.Get("Webhook-Signature"), " ") {
		if hmac.Equal(wanted, []byte(signature)) {
			return nil
		}
	}
	return ErrSignature
}
