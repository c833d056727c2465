//! Passkeys of staff (W3C Web Authentication, level 3): made and shown with the user verified, and found by themselves, so
//! that nobody types a name.
//!
//! Nothing is kept between the two halves of a ceremony: what must be known again goes with the page, sealed, and counts
//! once (`store::staff::ceremony`).

use crate::app::Failed;
use crate::config::Config;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use domain::moment::Moment;
use domain::permit::StaffId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::Store;
use store::keys::Keys;
use store::staff::ceremony::{self, Ceremony, Returned};
use store::staff::passkey::{self, NewPasskey};
use store::staff::{Account, State};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, DiscoverableKey, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Url, Uuid, Webauthn, WebauthnBuilder,
};

/// What makes passkeys and knows them again.
pub(crate) struct Passkeys {
    webauthn: Webauthn,
}

/// What a page asks the browser for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The options, as JSON.
    pub(crate) options: String,
    /// What the server must know again, sealed, in Base64.
    pub(crate) ceremony: String,
}

/// What the browser sends. It says nothing personal; a missing field and an empty one are the same.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Answer {
    #[serde(default)]
    ceremony: String,
    /// The browser's answer, as JSON.
    #[serde(default)]
    credential: String,
}

/// What is known again when a passkey was made: for whom it was asked.
#[derive(Serialize, Deserialize)]
struct Making {
    staff: i64,
    state: PasskeyRegistration,
}

impl Passkeys {
    /// Passkeys for the origin that the configuration names.
    ///
    /// # Errors
    /// Refuses an origin that does not read, and one that the passkeys cannot be for.
    pub(crate) fn new(config: &Config) -> Result<Self, Failed> {
        let staff = &config.staff;
        let (origin, name) = (staff.origin(config.listen), staff.passkeys_for(config.listen));
        let url = Url::parse(&origin).map_err(|error| format!("[staff] origin {origin:?}: {error}"))?;
        let refused = |_| {
            format!("[staff] passkeys of {origin} cannot be for {name:?}: name its host or a domain above it")
        };
        let builder = WebauthnBuilder::new(&name, &url).map_err(refused)?;
        // Whoever tries it on one machine chooses any port.
        let builder = builder.rp_name("Jindu 进度").allow_any_port(staff.is_local());
        Ok(Self { webauthn: builder.build().map_err(refused)? })
    }

    /// Asks for a new passkey of an account.
    ///
    /// # Errors
    /// Fails when the system gives no random bytes.
    pub(crate) fn ask_to_make(&self, keys: &Keys, account: &Account, now: Moment) -> Result<Asked, Failed> {
        let handle = Uuid::from_bytes(account.handle);
        let (options, state) =
            self.webauthn.start_passkey_registration(handle, &account.login, &account.login, None)?;
        let mut options = serde_json::to_value(options)?;
        // The library leaves it to the authenticator; without it nobody is found by a passkey alone.
        if let Some(Value::Object(selection)) = options.pointer_mut("/publicKey/authenticatorSelection") {
            selection.insert("residentKey".to_owned(), "required".into());
            selection.insert("requireResidentKey".to_owned(), true.into());
        }
        let state = serde_json::to_vec(&Making { staff: account.id.0, state })?;
        Ok(Asked { options: options.to_string(), ceremony: sealed(keys, Ceremony::Making, now, &state)? })
    }

    /// The passkey that was made for an account; none where anything about it is wrong.
    ///
    /// # Errors
    /// Fails when the database does.
    pub(crate) async fn made(
        &self,
        store: &Store,
        staff: StaffId,
        answer: &Answer,
        now: Moment,
    ) -> Result<Option<NewPasskey>, Failed> {
        let Some(returned) = answer.returned(store.keys(), Ceremony::Making, now) else { return Ok(None) };
        let Ok(credential) = serde_json::from_str::<RegisterPublicKeyCredential>(&answer.credential) else {
            return Ok(None);
        };
        let Making { staff: asked, state } = serde_json::from_slice(&returned.state)?;
        let Ok(made) = self.webauthn.finish_passkey_registration(&credential, &state) else {
            return Ok(None);
        };
        if asked != staff.0 || !returned.use_once(store).await? {
            return Ok(None);
        }
        new_passkey(&made).map(Some)
    }

    /// Asks for any passkey of ours.
    ///
    /// # Errors
    /// Fails when the system gives no random bytes.
    pub(crate) fn ask_to_show(&self, keys: &Keys, now: Moment) -> Result<Asked, Failed> {
        let (mut options, state) = self.webauthn.start_discoverable_authentication()?;
        // The page has a button: the browser asks at once, and does not wait for a field to be filled.
        options.mediation = None;
        let state = serde_json::to_vec(&state)?;
        let options = serde_json::to_string(&options)?;
        Ok(Asked { options, ceremony: sealed(keys, Ceremony::Showing, now, &state)? })
    }

    /// Whose passkey was shown, and how it is since; none where it is nobody's, anything about it is wrong, or the account
    /// is blocked.
    ///
    /// # Errors
    /// Fails when the database does.
    pub(crate) async fn shown(
        &self,
        store: &Store,
        answer: &Answer,
        now: Moment,
    ) -> Result<Option<(Account, NewPasskey)>, Failed> {
        let Some(returned) = answer.returned(store.keys(), Ceremony::Showing, now) else { return Ok(None) };
        let Ok(credential) = serde_json::from_str::<PublicKeyCredential>(&answer.credential) else {
            return Ok(None);
        };
        let Ok((handle, id)) = self.webauthn.identify_discoverable_authentication(&credential) else {
            return Ok(None);
        };
        let Some((account, kept)) = passkey::find(&store.read(), store.keys(), id).await? else {
            return Ok(None);
        };
        let state = serde_json::from_slice(&returned.state)?;
        let shown = self.verified(&credential, state, &kept)?;
        let is_theirs = account.handle == *handle.as_bytes() && account.state == State::Active;
        let Some(shown) = shown.filter(|_| is_theirs) else { return Ok(None) };
        Ok(returned.use_once(store).await?.then_some((account, shown)))
    }

    /// The passkey as it is since, if the signature is by it.
    fn verified(
        &self,
        credential: &PublicKeyCredential,
        state: DiscoverableAuthentication,
        kept: &[u8],
    ) -> Result<Option<NewPasskey>, Failed> {
        let mut kept: Passkey = serde_json::from_slice(kept)?;
        let known = [DiscoverableKey::from(&kept)];
        #[expect(deprecated, reason = "its successor wants a feature with which anybody makes credentials")]
        let verified = self.webauthn.finish_discoverable_authentication(credential, state, &known);
        let Ok(verified) = verified else { return Ok(None) };
        if !verified.user_verified() {
            return Ok(None);
        }
        kept.update_credential(&verified);
        new_passkey(&kept).map(Some)
    }
}

impl Answer {
    fn returned(&self, keys: &Keys, ceremony: Ceremony, now: Moment) -> Option<Returned> {
        let sealed = BASE64_URL_SAFE_NO_PAD.decode(&self.ceremony).ok()?;
        ceremony::open(keys, ceremony, now, &sealed)
    }
}

fn sealed(keys: &Keys, ceremony: Ceremony, now: Moment, state: &[u8]) -> Result<String, Failed> {
    Ok(BASE64_URL_SAFE_NO_PAD.encode(ceremony::seal(keys, ceremony, now, state)?))
}

fn new_passkey(passkey: &Passkey) -> Result<NewPasskey, Failed> {
    Ok(NewPasskey { credential: passkey.cred_id().to_vec(), passkey: serde_json::to_vec(passkey)? })
}
