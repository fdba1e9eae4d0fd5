//! Tokens and scopes.

use super::*;

#[tokio::test]
async fn token_responses_have_the_documented_form() {
    let fixture = Fixture::new().await;
    let answer = fixture.ask_token("sim-client", "sim-secret", "account_credentials", "sim-account").await;
    assert_eq!(answer.status(), 200);
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["token_type"], "bearer");
    assert_eq!(answer["expires_in"], 3600);
    assert_eq!(answer["scope"], SCOPE_READ);
    assert_eq!(answer["api_url"], fixture.server.oauth_url());
    assert!(answer["refresh_token"].is_null());
}

#[tokio::test]
async fn token_errors_name_what_was_wrong() {
    let fixture = Fixture::new().await;
    for (id, secret, grant, account, status, error) in [
        ("sim-client", "wrong", "account_credentials", "sim-account", 401, "invalid_client"),
        ("wrong", "sim-secret", "account_credentials", "sim-account", 401, "invalid_client"),
        ("sim-client", "sim-secret", "password", "sim-account", 400, "unsupported_grant_type"),
        ("sim-client", "sim-secret", "account_credentials", "other", 400, "invalid_request"),
    ] {
        let answer = fixture.ask_token(id, secret, grant, account).await;
        assert_eq!(answer.status(), status);
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["error"], error);
        assert!(body["reason"].is_string());
    }
    let url = format!("{}/oauth/token", fixture.server.oauth_url());
    let bare = fixture.client.post(url).send().await.unwrap();
    assert_eq!(bare.status(), 401);
}

#[tokio::test]
async fn several_tokens_are_valid_until_they_expire() {
    let mut fixture = Fixture::new().await;
    let first = fixture.token.clone();
    fixture.clock.advance(TimeDelta::minutes(59));
    fixture.renew().await;
    fixture.ok(&[]).await;
    let second = std::mem::replace(&mut fixture.token, first);
    fixture.ok(&[]).await;
    fixture.clock.advance(TimeDelta::minutes(1));
    let (status, code, message) = fixture.refused(&[]).await;
    assert_eq!((status.as_u16(), code), (401, 124));
    assert_eq!(message, "Invalid access token.");
    fixture.token = second;
    fixture.ok(&[]).await;
    fixture.server.handle().revoke_tokens();
    assert_eq!(fixture.refused(&[]).await.1, 124);
}

#[tokio::test]
async fn an_invalid_token_is_refused_first() {
    let mut fixture = Fixture::new().await;
    fixture.token = "guess".to_owned();
    assert_eq!(fixture.refused(&[("page_size", "x")]).await.1, 124);
}

#[tokio::test]
async fn account_paths_need_the_master_scope() {
    let path = "/accounts/sim-account/contact_center/voice_calls";
    let fixture = Fixture::new().await;
    let response = fixture.get_path(path, &[]).await;
    assert_eq!(response.status(), 403);
    let body: Value = response.json().await.unwrap();
    assert!(body["message"].as_str().unwrap().contains(SCOPE_MASTER));

    for scope in [SCOPE_MASTER, SCOPE_MASTER_GRANULAR] {
        let fixture = Fixture::with(|config| config.scopes = vec![scope.to_owned()]).await;
        let of_account: Value = fixture.get_path(path, &[]).await.json().await.unwrap();
        assert_eq!(of_account["voice_calls"], fixture.ok(&[]).await["voice_calls"]);
        let other = path.replace("sim-account", "other");
        assert_eq!(fixture.get_path(&other, &[]).await.status(), 404);
        let broken = path.replace("sim-account", "%ff");
        assert_eq!(fixture.get_path(&broken, &[]).await.status(), 404);
    }
}

#[tokio::test]
async fn without_a_scope_nothing_is_told() {
    let fixture = Fixture::with(|config| config.scopes.clear()).await;
    let (status, _, message) = fixture.refused(&[]).await;
    assert_eq!(status, 403);
    assert!(message.contains(SCOPE_READ));
}
